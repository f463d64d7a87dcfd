//! An image in a Docker engine, by its socket: a real engine that gives and then runs the image,
//! and a socket that only pretends, for what a real one does not do on demand.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::counterpart::DockerRegistry;
use crate::program::run;
use crate::sample::{Image, digest, tar_of};

/// A socket that answers two paths as an engine does, and counts how often it gave the image.
struct Pretender {
    folder: tempfile::TempDir,
    given: Arc<AtomicUsize>,
}

impl Pretender {
    fn start(image: &Image) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("sock")).unwrap();
        let archive = folder.path().join("image.tar");
        image.legacy_archive(&archive, "app:v1");
        let bytes = std::fs::read(archive).unwrap();
        let diff_ids: Vec<String> = image.layers.iter().map(|l| digest(l)).collect();
        let inspected = json!({
            "Id": digest(&image.config()),
            "Os": "linux",
            "Architecture": "amd64",
            "RootFS": { "Type": "layers", "Layers": diff_ids },
        })
        .to_string();
        let given = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&given);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut asked = Vec::new();
                let mut byte = [0];
                while !asked.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    asked.push(byte[0]);
                }
                let asked = String::from_utf8(asked).unwrap();
                let path = asked.split(' ').nth(1).unwrap_or_default();
                let (status, body): (&str, &[u8]) = match path {
                    "/images/app:v1/json" => ("200 OK", inspected.as_bytes()),
                    "/images/app:v1/get" => {
                        counter.fetch_add(1, Ordering::SeqCst);
                        ("200 OK", &bytes)
                    }
                    _ => ("404 Not Found", br#"{"message":"No such image"}"#),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                // A reader that has gone is its own affair.
                let _ = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(body));
            }
        });
        Self { folder, given }
    }

    fn env(&self) -> Vec<(String, String)> {
        let socket = self.folder.path().join("sock");
        vec![("DOCKER_HOST".into(), format!("unix://{}", socket.display()))]
    }

    fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }
}

#[test]
fn an_image_that_is_there_is_not_even_read_out_of_the_engine() {
    let engine = Pretender::start(&Image::small(1));
    let registry = DockerRegistry::start();
    let url = registry.url();
    let args = [
        "--source",
        "docker-daemon:app:v1",
        "--registry",
        &url,
        "--repository",
        "app",
        "--tag",
        "v1",
    ];
    let first = run(&engine.env(), &args).ended(0, "pushed");
    assert_eq!(engine.given(), 1);
    let again = run(&engine.env(), &args).ended(0, "unchanged");
    assert_eq!((engine.given(), again.requests()), (1, 1));
    assert_eq!(again.stdout, first.stdout);
    let more: Vec<&str> = args.iter().copied().chain(["--tag", "v2"]).collect();
    run(&engine.env(), &more).ended(0, "pushed");
    assert_eq!(engine.given(), 1);
    assert_eq!(registry.manifest("app:v2"), registry.manifest("app:v1"));
}

#[test]
fn an_engine_that_does_not_give_it_is_said() {
    let engine = Pretender::start(&Image::small(1));
    let push = |env: &[(String, String)], name: &str| {
        let source = format!("docker-daemon:{name}");
        let args = [
            "--source",
            &source,
            "--registry",
            "http://127.0.0.1:1",
            "--repository",
            "app",
        ];
        run(env, &args)
    };
    push(&engine.env(), "other:v1")
        .ended(3, "not-found")
        .saying(&["the Docker engine at", "has no image other:v1"]);
    let host = |text: &str| vec![("DOCKER_HOST".to_owned(), text.to_owned())];
    push(&host("unix:///nowhere/docker.sock"), "app:v1")
        .ended(2, "invalid")
        .saying(&[
            "at /nowhere/docker.sock cannot be reached",
            "push docker-archive:TAR",
        ]);
    push(&host("tcp://127.0.0.1:2375"), "app:v1")
        .ended(2, "invalid")
        .saying(&["is not reached by a socket"]);
}

/// A real engine with a data folder of its own. It ends with the test.
struct Engine {
    child: Child,
    folder: tempfile::TempDir,
}

impl Engine {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let child = Command::new("dockerd")
            .args(["--data-root", &at("data"), "--exec-root", &at("exec")])
            .args([
                "--pidfile",
                &at("pid"),
                "-H",
                &format!("unix://{}", at("sock")),
            ])
            .args(["--iptables=false", "--bridge=none"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(at("log")).unwrap())
            .spawn()
            .expect("dockerd is needed here: install Debian's package docker.io");
        let engine = Self { child, folder };
        let until = Instant::now() + Duration::from_secs(60);
        while !engine.docker(&["version"]).0 {
            let log = std::fs::read_to_string(engine.path("log")).unwrap();
            assert!(Instant::now() < until, "dockerd did not start: {log}");
            std::thread::sleep(Duration::from_millis(100));
        }
        engine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn host(&self) -> String {
        format!("unix://{}", self.path("sock").display())
    }

    fn docker(&self, args: &[&str]) -> (bool, String) {
        let output = Command::new("docker")
            .args(["-H", &self.host()])
            .args(args)
            .env("DOCKER_CONFIG", self.path("config"))
            .stdin(Stdio::null())
            .output()
            .expect("docker is needed here: install Debian's package docker.io");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SIGTERM lets it unmount what it mounted; the folder could not be removed otherwise.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg(&pid).status();
        let _ = self.child.wait();
    }
}

/// An image that says a word when it runs: a static program and nothing else.
fn runnable(word: &str) -> Image {
    let busybox = ["/bin/busybox", "/usr/bin/busybox"]
        .iter()
        .find_map(|path| std::fs::read(Path::new(path)).ok())
        .expect("busybox is needed here: install Debian's package busybox-static");
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(busybox.len() as u64);
    header.set_mode(0o755);
    builder
        .append_data(&mut header, "bin/busybox", &busybox[..])
        .unwrap();
    let words = tar_of(&[("word".to_owned(), word.as_bytes().to_vec())]);
    Image {
        layers: vec![builder.into_inner().unwrap(), words],
        command: vec!["/bin/busybox".into(), "cat".into(), "/word".into()],
        ..Image::small(0)
    }
}

#[test]
#[ignore = "needs root, and Debian's packages docker.io and busybox-static"]
fn an_engine_gives_an_image_and_runs_it_after_the_round_trip() {
    let engine = Engine::start();
    let registry = DockerRegistry::start();
    let url = registry.url();
    let archive = engine.path("image.tar");
    runnable("hello from the registry").legacy_archive(&archive, "app:v1");
    let (loaded, said) = engine.docker(&["load", "-i", &archive.display().to_string()]);
    assert!(loaded, "{said}");
    let push = |env: &[(String, String)], source: &str, tag: &str| {
        let args = [
            "--source",
            source,
            "--registry",
            &url,
            "--repository",
            "app",
            "--tag",
            tag,
        ];
        run(env, &args)
    };
    let env = vec![("DOCKER_HOST".to_owned(), engine.host())];
    // What the engine itself saves, as a file and by its socket, is one image.
    let saved = engine.path("saved.tar");
    let (ok, said) = engine.docker(&["save", "-o", &saved.display().to_string(), "app:v1"]);
    assert!(ok, "{said}");
    let file = format!("docker-archive:{}", saved.display());
    let first = push(&[], &file, "file").ended(0, "pushed");
    let second = push(&env, "docker-daemon:app:v1", "engine").ended(0, "pushed");
    assert_eq!(first.digest(), second.digest());
    push(&env, "docker-daemon:app:v1", "engine").ended(0, "unchanged");

    let (ok, said) = engine.docker(&["image", "rm", "-f", "app:v1"]);
    assert!(ok, "{said}");
    let (ok, said) = engine.docker(&["run", "--rm", "--network", "none", first.stdout.trim()]);
    assert!(ok && said.contains("hello from the registry"), "{said}");
}
