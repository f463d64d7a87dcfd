//! The real counterparts: Debian's docker-registry, a Docker engine and ministack. Each is started
//! on demand and ends when its value is dropped.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::programs::{command, repository, run};

mod registry;

pub use registry::DockerRegistry;

/// A counterpart that is not available on this machine, and why.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be had: {why}")]
pub struct Unavailable {
    pub what: &'static str,
    pub why: String,
}

/// A server that the test started. Dropping it ends the process and waits for its exit.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    pub(crate) fn start(command: &mut Command, log: PathBuf) -> std::io::Result<Self> {
        let out = std::fs::File::create(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()?;
        Ok(Self { child, log })
    }

    pub(crate) fn wait_until(
        &mut self,
        what: &'static str,
        ready: impl Fn() -> bool,
    ) -> Result<(), Unavailable> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !ready() {
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || Instant::now() > deadline {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(8).collect();
                let last: Vec<&str> = last.into_iter().rev().collect();
                let how = ended.map_or("does not answer".to_owned(), |s| format!("ended: {s}"));
                return Err(Unavailable {
                    what,
                    why: format!("it {how}\n{}", last.join("\n")),
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let deadline = Instant::now() + Duration::from_secs(15);
        let asked = Command::new("kill")
            .arg(&pid)
            .status()
            .is_ok_and(|s| s.success());
        while asked && Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // It may refuse to end, and a destructor cannot report an error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port on 127.0.0.1 that is free at the moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

pub(crate) fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// The path of a program on PATH, or in the directories that only root has on PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// A program that `cargo xtask test` installed, e.g. `python/bin/ministack`.
pub fn tool(path: &str) -> Option<PathBuf> {
    Some(repository().join(".tools").join(path)).filter(|p| p.is_file())
}

fn debian(program: &'static str, package: &str) -> Result<PathBuf, Unavailable> {
    find(program).ok_or_else(|| Unavailable {
        what: program,
        why: format!("install the Debian package {package}"),
    })
}

pub(crate) fn scratch() -> Result<tempfile::TempDir, Unavailable> {
    tempfile::Builder::new()
        .prefix("fargate-pipeline-")
        .tempdir()
        .map_err(|e| Unavailable {
            what: "a scratch folder",
            why: e.to_string(),
        })
}

/// skopeo, which reads images back from a registry.
pub fn skopeo() -> Result<PathBuf, Unavailable> {
    debian("skopeo", "skopeo")
}

/// A Docker engine in a scratch directory, which requires root. Only one runs at a time, because
/// all engines share the machine's network bridge; others wait for their turn.
#[derive(Debug)]
pub struct DockerEngine {
    server: Server,
    folder: tempfile::TempDir,
    _turn: std::fs::File,
}

impl DockerEngine {
    /// Starts dockerd.
    pub fn start() -> Result<Self, Unavailable> {
        let what = "a Docker engine";
        let program = debian("dockerd", "docker.io")?;
        let is_root = std::fs::metadata("/proc/self")
            .is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
        if !is_root {
            return Err(Unavailable {
                what,
                why: "dockerd can only be started as root".to_owned(),
            });
        }
        let failed = |e: std::io::Error| Unavailable {
            what,
            why: e.to_string(),
        };
        let turn = std::env::temp_dir().join("fargate-pipeline-docker.lock");
        let turn = std::fs::File::create(turn).map_err(failed)?;
        turn.lock().map_err(failed)?;
        let folder = scratch()?;
        let at = |name: &str| folder.path().join(name);
        let socket = at("docker.sock");
        let mut serve = command(program);
        serve
            .arg("--data-root")
            .arg(at("data"))
            .arg("--exec-root")
            .arg(at("exec"));
        serve
            .arg("--pidfile")
            .arg(at("pid"))
            .arg("--host")
            .arg(format!("unix://{}", socket.display()));
        let mut server = Server::start(&mut serve, at("log")).map_err(failed)?;
        server.wait_until(what, || {
            std::os::unix::net::UnixStream::connect(&socket).is_ok()
        })?;
        Ok(Self {
            server,
            folder,
            _turn: turn,
        })
    }

    /// The value for DOCKER_HOST, e.g. `unix:///…/docker.sock`.
    pub fn host(&self) -> String {
        format!(
            "unix://{}",
            self.folder.path().join("docker.sock").display()
        )
    }

    /// The process ID of dockerd. The work that dockerd does is not part of its client's resource
    /// usage.
    pub fn process(&self) -> u32 {
        self.server.child.id()
    }

    /// A docker client for this engine, with its configuration in the scratch directory.
    pub fn docker(&self) -> Command {
        let mut docker = command("docker");
        docker.env("DOCKER_HOST", self.host());
        docker.env("DOCKER_CONFIG", self.folder.path().join("config"));
        docker
    }
}

impl Drop for DockerEngine {
    fn drop(&mut self) {
        // Containers go first, because their mounts would keep the scratch directory in use.
        // dockerd removes its own mounts when `Server` ends it.
        let listed = run(self.docker().args(["ps", "--all", "--quiet"]));
        let ids: Vec<&str> = listed.stdout.split_whitespace().collect();
        if !ids.is_empty() {
            run(self.docker().args(["rm", "--force"]).args(ids));
        }
    }
}

/// ministack: AWS on one port. Its ECS tasks are real containers of the given engine.
#[derive(Debug)]
pub struct Ministack {
    _server: Server,
    _folder: tempfile::TempDir,
    port: u16,
}

impl Ministack {
    /// Starts it without any state.
    pub fn start(engine: &DockerEngine) -> Result<Self, Unavailable> {
        let what = "ministack";
        let program = tool("python/bin/ministack").ok_or_else(|| Unavailable {
            what,
            why: "cargo xtask test installs it into .tools/".to_owned(),
        })?;
        let folder = scratch()?;
        let port = free_port();
        let mut serve = command(program);
        serve
            .env("STATE_DIR", folder.path().join("state"))
            .env("TMPDIR", folder.path())
            .env("HOME", folder.path())
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .env("DOCKER_HOST", engine.host());
        let log = folder.path().join("log");
        let failed = |e: std::io::Error| Unavailable {
            what,
            why: e.to_string(),
        };
        let mut server = Server::start(&mut serve, log).map_err(failed)?;
        server.wait_until(what, || answers(port))?;
        Ok(Self {
            _server: server,
            _folder: folder,
            port,
        })
    }

    /// Its URL, e.g. `http://127.0.0.1:4566`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.host())
    }

    /// Its registry, e.g. `127.0.0.1:4566`. It is on the same port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Calls an operation of a JSON service, e.g. `("ecs",
    /// "AmazonEC2ContainerServiceV20141113.CreateCluster")`.
    pub fn json(&self, service: &str, target: &str, body: &str) -> std::io::Result<String> {
        let target =
            format!("x-amz-target: {target}\r\ncontent-type: application/x-amz-json-1.1\r\n");
        self.post(service, &target, body)
    }

    /// Calls an operation of a query service, e.g. `("elasticloadbalancing", "Action=…&…")`.
    pub fn query(&self, service: &str, form: &str) -> std::io::Result<String> {
        let form_type = "content-type: application/x-www-form-urlencoded\r\n";
        self.post(service, form_type, form)
    }

    fn post(&self, service: &str, headers: &str, body: &str) -> std::io::Result<String> {
        call_emulator(&self.host(), "us-east-1", service, headers, body)
    }
}

/// Calls an emulator of AWS. Emulators read service and region from the scope of the signature, and
/// do not verify the signature.
pub fn call_emulator(
    host: &str,
    region: &str,
    service: &str,
    headers: &str,
    body: &str,
) -> std::io::Result<String> {
    let scope = format!("test/20260101/{region}/{service}/aws4_request");
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\
         authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    );
    let (head, answer) = exchange(host, &request)?;
    if head.split_whitespace().nth(1) == Some("200") {
        return Ok(answer);
    }
    Err(std::io::Error::other(format!(
        "{service} at {host} refused: {head}\n{answer}"
    )))
}

/// Sends one request and returns the complete response: head and body.
pub fn exchange(host: &str, request: &str) -> std::io::Result<(String, String)> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Ok((head.to_owned(), body.to_owned()))
}

/// Reports that a counterpart is not available: in the file that `cargo xtask test` reads, or by a
/// failed test if CI=true.
pub fn not_run(test: &str, reason: &Unavailable) {
    let line = format!("{test}: {reason}");
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        panic!("not run: {line}");
    }
    if let Some(list) = std::env::var_os("FARGATE_TEST_NOT_RUN") {
        let appended = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(Path::new(&list))
            .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        assert!(appended.is_ok(), "cannot write {list:?}");
    }
}
