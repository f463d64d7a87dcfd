//! `--probe`: a URL that must respond once the deployment has succeeded.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::scene::{Scene, crashing, healthy};

/// A server that answers with these statuses and then repeats the last one.
struct Site {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn answering(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/health", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> = lines
                    .map(Result::unwrap)
                    .take_while(|line| !line.is_empty())
                    .collect();
                kept.lock().unwrap().push(head.join("\n"));
                let status = statuses[count.min(statuses.len() - 1)];
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { address, heads }
    }
}

#[test]
fn a_success_requires_the_expected_status() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    let site = Site::answering(&[503, 302, 204]);
    let address = format!("{}?key=in-the-query", site.address);
    let mut command = scene.command(&[
        "--deployment",
        &id,
        "--probe",
        &address,
        "--probe-status",
        "204",
    ]);
    command.env("FARGATE_PROBE_TOKEN", "a-token");
    let ran = scene.ran(command.output().unwrap()).expect(0, "succeeded");
    ran.shows(&["answered 503", "answered 302"]);
    assert!(ran.stdout.contains("/health answers"), "{}", ran.stdout);
    assert_eq!(ran.data()["probe"]["tries"], 3);
    let heads = site.heads.lock().unwrap();
    assert_eq!(heads.len(), 3, "no redirect is followed: {heads:?}");
    assert!(
        heads[0].contains("authorization: Bearer a-token"),
        "{heads:?}"
    );
    for secret in ["a-token", "in-the-query"] {
        let output = format!("{}{}{}", ran.stdout, ran.stderr, ran.result);
        assert!(!output.contains(secret), "{output}");
    }
}

#[test]
fn another_status_fails_the_deployment() {
    for (statuses, words) in [
        (&[500][..], "check what is in front of them"),
        (&[401][..], "FARGATE_PROBE_TOKEN"),
    ] {
        let scene = Scene::running();
        let id = scene.deploy(healthy());
        let site = Site::answering(statuses);
        let args = [
            "--deployment",
            &id,
            "--probe",
            &site.address,
            "--timeout",
            "8s",
        ];
        let ran = scene.run(&args).expect(5, "failed");
        ran.shows(&[
            "its tasks are healthy, but",
            "decided by --probe, not by ECS",
            words,
        ]);
        assert_eq!(ran.data()["decidedBy"], "probe");
    }
}

#[test]
fn a_deployment_that_failed_is_not_probed() {
    let scene = Scene::running();
    let id = scene.deploy(crashing());
    let site = Site::answering(&[200]);
    let args = ["--deployment", &id, "--probe", &site.address];
    scene.run(&args).expect(6, "rolled-back");
    assert!(site.heads.lock().unwrap().is_empty());
}

#[test]
fn a_token_is_not_sent_over_plain_http() {
    let scene = Scene::running();
    let mut command = scene.command(&["--probe", "http://web.example.com/"]);
    command.env("FARGATE_PROBE_TOKEN", "a-token");
    let ran = scene.ran(command.output().unwrap()).expect(2, "invalid");
    ran.shows(&["the token could be read in transit"]);
    assert!(scene.cloud.requests().is_empty());
}
