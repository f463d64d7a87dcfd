//! An image in a Docker engine: a real engine that exports the image and runs it afterwards, and a
//! simulated socket for what a real engine does not do on demand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use stories::counterparts::{DockerEngine, Unavailable, find, not_run};
use stories::programs::run as finish;

use crate::counterpart::DockerRegistry;
use crate::program::run;
use crate::sample::{Image, digest, tar_of};

/// A socket that answers two paths like an engine, and counts how often the image was exported.
struct SimulatedEngine {
    folder: tempfile::TempDir,
    tcp: SocketAddr,
    exported: Arc<AtomicUsize>,
}

struct Answers {
    inspected: String,
    bytes: Vec<u8>,
    exported: Arc<AtomicUsize>,
}

impl Answers {
    fn answer(&self, mut stream: impl Read + Write) {
        let mut asked = Vec::new();
        let mut byte = [0];
        while !asked.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
            asked.push(byte[0]);
        }
        let asked = String::from_utf8(asked).unwrap();
        let path = asked.split(' ').nth(1).unwrap_or_default();
        let (status, body): (&str, &[u8]) = match path {
            "/images/app:v1/json" => ("200 OK", self.inspected.as_bytes()),
            "/images/app:v1/get" => {
                self.exported.fetch_add(1, Ordering::SeqCst);
                ("200 OK", &self.bytes)
            }
            _ => ("404 Not Found", br#"{"message":"No such image"}"#),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        // It does not matter if the client has closed the connection.
        let _ = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body));
    }
}

impl SimulatedEngine {
    fn start(image: &Image) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixListener::bind(folder.path().join("sock")).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp_address = tcp.local_addr().unwrap();
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
        let exported = Arc::new(AtomicUsize::new(0));
        let answers = Arc::new(Answers {
            inspected,
            bytes,
            exported: Arc::clone(&exported),
        });
        // The threads end with the process of the test.
        let of_socket = Arc::clone(&answers);
        std::thread::spawn(move || {
            for stream in socket.incoming() {
                of_socket.answer(stream.unwrap());
            }
        });
        std::thread::spawn(move || {
            for stream in tcp.incoming() {
                answers.answer(stream.unwrap());
            }
        });
        Self {
            folder,
            tcp: tcp_address,
            exported,
        }
    }

    fn env_of_tcp(&self) -> Vec<(String, String)> {
        vec![("DOCKER_HOST".into(), format!("tcp://{}", self.tcp))]
    }

    fn env(&self) -> Vec<(String, String)> {
        let socket = self.folder.path().join("sock");
        vec![("DOCKER_HOST".into(), format!("unix://{}", socket.display()))]
    }

    fn exported(&self) -> usize {
        self.exported.load(Ordering::SeqCst)
    }
}

#[test]
fn an_existing_image_is_not_exported_from_the_engine() {
    let engine = SimulatedEngine::start(&Image::small(1));
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
    assert_eq!(engine.exported(), 1);
    let again = run(&engine.env(), &args).ended(0, "unchanged");
    assert_eq!((engine.exported(), again.requests()), (1, 1));
    assert_eq!(again.stdout, first.stdout);
    let more: Vec<&str> = args.iter().copied().chain(["--tag", "v2"]).collect();
    run(&engine.env(), &more).ended(0, "pushed");
    assert_eq!(engine.exported(), 1);
    assert_eq!(registry.manifest("app:v2"), registry.manifest("app:v1"));
    // The same over TCP, e.g. to `docker:dind` in GitLab CI.
    run(&engine.env_of_tcp(), &args).ended(0, "unchanged");
    let other: Vec<&str> = args[..6].iter().copied().chain(["--tag", "v3"]).collect();
    let other = run(&engine.env_of_tcp(), &other).ended(0, "pushed");
    assert_eq!(engine.exported(), 2);
    assert_eq!(other.stdout, first.stdout);
}

#[test]
fn an_engine_without_the_image_is_reported() {
    let engine = SimulatedEngine::start(&Image::small(1));
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
        .with_error(&["the Docker engine at", "has no image other:v1"]);
    let host = |text: &str| vec![("DOCKER_HOST".to_owned(), text.to_owned())];
    push(&host("unix:///nowhere/docker.sock"), "app:v1")
        .ended(9, "unreachable")
        .with_error(&[
            "at /nowhere/docker.sock cannot be reached",
            "docker save NAME | ecr-push --source -",
        ]);
    for unsupported in ["ssh://127.0.0.1", "tcp://"] {
        push(&host(unsupported), "app:v1")
            .ended(2, "invalid")
            .with_error(&["is not supported", "docker save NAME | ecr-push --source -"]);
    }
    let mut with_tls = host("tcp://127.0.0.1:2376");
    with_tls.push(("DOCKER_TLS_VERIFY".to_owned(), "1".to_owned()));
    push(&with_tls, "app:v1")
        .ended(2, "invalid")
        .with_error(&["TLS is required", "docker save NAME | ecr-push --source -"]);
}

/// An image with a static program that prints a word.
fn runnable(busybox: &Path, word: &str) -> Image {
    let busybox = std::fs::read(busybox).unwrap();
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
fn an_engine_exports_an_image_and_runs_it_from_the_registry() {
    if let Err(reason) = round_trip() {
        not_run(
            "an_engine_exports_an_image_and_runs_it_from_the_registry",
            &reason,
        );
    }
}

fn round_trip() -> Result<(), Unavailable> {
    let busybox = find("busybox").ok_or_else(|| Unavailable {
        what: "busybox",
        why: "install the Debian package busybox-static".to_owned(),
    })?;
    let engine = DockerEngine::start()?;
    let registry = DockerRegistry::start();
    let url = registry.url();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let docker = |args: &[&str]| finish(engine.docker().args(args)).expect(0);
    runnable(&busybox, "hello from the registry")
        .legacy_archive(Path::new(&at("image.tar")), "app:v1");
    docker(&["load", "--input", &at("image.tar")]);
    let push = |env: &[(String, String)], source: &str, tag: &str| {
        let args = ["--source", source, "--registry", &url];
        run(
            env,
            &[&args[..], &["--repository", "app", "--tag", tag]].concat(),
        )
    };
    let env = vec![("DOCKER_HOST".to_owned(), engine.host())];
    // The engine's archive and the engine's socket provide the same image.
    docker(&["save", "--output", &at("saved.tar"), "app:v1"]);
    let file = format!("docker-archive:{}", at("saved.tar"));
    let first = push(&[], &file, "file").ended(0, "pushed");
    let second = push(&env, "docker-daemon:app:v1", "engine").ended(0, "pushed");
    assert_eq!(first.digest(), second.digest());
    push(&env, "docker-daemon:app:v1", "engine").ended(0, "unchanged");

    docker(&["image", "rm", "--force", "app:v1"]);
    let printed = docker(&["run", "--rm", "--network", "none", first.stdout.trim()]);
    assert_eq!(printed.stdout, "hello from the registry");
    Ok(())
}
