//! Over real sockets: what a client sees if a connection is cut, slow or closed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use fakes::{Cloud, Fault};
use serde_json::json;

const SIGNED: &str = "authorization: AWS4-HMAC-SHA256 \
    Credential=AKIAIOSFODNN7EXAMPLE/20260302/eu-central-1/ecs/aws4_request, Signature=00\r\n";

/// Sends a request and reads until the connection ends. Returns the head and body received.
fn send(cloud: &Cloud, head: &str, body: &[u8]) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(cloud.host()).unwrap();
    let length = body.len();
    let head =
        format!("{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // The other side may cut while we write: its response can still be read.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(read) => answer.extend_from_slice(&piece[..read]),
        }
    }
    let split = answer.windows(4).position(|w| w == b"\r\n\r\n");
    match split {
        Some(at) => {
            let head = String::from_utf8(answer[..at].to_vec()).unwrap();
            (head, answer[at + 4..].to_vec())
        }
        None => (String::new(), answer),
    }
}

fn ecs(cloud: &Cloud, operation: &str, body: &serde_json::Value) -> (String, Vec<u8>) {
    let target = format!("x-amz-target: AmazonEC2ContainerServiceV20141113.{operation}");
    let head = format!("POST / HTTP/1.1\r\n{SIGNED}{target}");
    send(cloud, &head, body.to_string().as_bytes())
}

fn definition() -> serde_json::Value {
    crate::scene::task_definition("web")
}

#[test]
fn a_request_is_answered_and_recorded_without_its_credentials() {
    let cloud = Cloud::start();
    let (head, body) = ecs(&cloud, "RegisterTaskDefinition", &definition());
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(head.contains("x-amzn-requestid: "), "{head}");
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(answer["taskDefinition"]["revision"], 1);
    let requests = cloud.requests_of("ecs", "RegisterTaskDefinition");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].json(), definition());
    assert_eq!(requests[0].answer_json(), answer);
    assert_eq!(
        requests[0].header("authorization"),
        Some("AWS4-HMAC-SHA256 <scrubbed>")
    );
    assert_eq!(requests[0].region.as_deref(), Some("eu-central-1"));
    assert_eq!(requests[0].status, Some(200));
}

#[test]
fn a_cut_before_the_answer_does_nothing() {
    let cloud = Cloud::start();
    cloud.fault(Fault::on("ecs", "RegisterTaskDefinition").cut_before_answer());
    let (head, body) = ecs(&cloud, "RegisterTaskDefinition", &definition());
    assert_eq!((head.as_str(), body.len()), ("", 0));
    let (_, list) = ecs(&cloud, "ListTaskDefinitions", &json!({}));
    assert!(!String::from_utf8(list).unwrap().contains("web:1"));
    let (head, _) = ecs(&cloud, "RegisterTaskDefinition", &definition());
    assert!(
        head.starts_with("HTTP/1.1 200"),
        "the fault was for one request"
    );
    assert_eq!(
        cloud.requests_of("ecs", "RegisterTaskDefinition")[0].status,
        None
    );
}

#[test]
fn a_lost_response_means_the_work_was_done() {
    let cloud = Cloud::start();
    cloud.fault(Fault::on("ecs", "RegisterTaskDefinition").cut_after_work());
    let (head, _) = ecs(&cloud, "RegisterTaskDefinition", &definition());
    assert_eq!(head, "");
    let (_, list) = ecs(&cloud, "ListTaskDefinitions", &json!({}));
    assert!(String::from_utf8(list).unwrap().contains("web:1"));
}

#[test]
fn an_answer_is_cut_in_its_middle() {
    let cloud = Cloud::start();
    cloud.s3().put("states", "app", vec![b'x'; 200_000]);
    cloud.fault(Fault::on("s3", "GetObject").cut_answer_at(100_000));
    let head = format!("GET /states/app HTTP/1.1\r\n{}", SIGNED.trim_end());
    let (answer, body) = send(&cloud, &head, b"");
    assert!(answer.contains("content-length: 200000"), "{answer}");
    assert_eq!(body.len(), 100_000);
    let (_, body) = send(&cloud, &head, b"");
    assert_eq!(body.len(), 200_000);
}

#[test]
fn a_request_is_cut_in_its_middle() {
    let cloud = Cloud::start();
    cloud.registry().plain();
    let upload = |body: &[u8]| {
        let (head, _) = send(&cloud, "POST /v2/web/blobs/uploads/ HTTP/1.1", b"");
        let place = head
            .lines()
            .find_map(|line| line.strip_prefix("location: "))
            .unwrap();
        let digest = "sha256:cdf87e82e4b2cc7df7c7d6a5f0b9c2e0f2ba0a6b2e39ea2f0c6a0b5c4d9f3d3c";
        send(
            &cloud,
            &format!("PUT {place}?digest={digest} HTTP/1.1"),
            body,
        )
        .0
    };
    cloud.fault(Fault::on("registry", "PutUpload").cut_request_at(300_000));
    assert_eq!(upload(&vec![0; 1_000_000]), "");
    let cut = &cloud.requests_of("registry", "PutUpload")[0];
    assert_eq!((cut.status, cut.body_bytes), (None, 300_000));
    assert!(cloud.registry().blobs("web").is_empty());
    assert!(
        upload(&vec![0; 1_000_000]).starts_with("HTTP/1.1 400"),
        "the digest is not its"
    );
}

#[test]
fn responses_that_cannot_be_parsed() {
    let cloud = Cloud::start();
    let ask = |fault: Fault| {
        cloud.fault(fault);
        let (head, body) = ecs(&cloud, "ListClusters", &json!({}));
        (head.to_lowercase(), String::from_utf8(body).unwrap())
    };
    let on = || Fault::on("ecs", "ListClusters");
    let (head, body) = ask(on().throttle());
    assert!(head.starts_with("http/1.1 400") && body.contains("ThrottlingException"));
    let (head, _) = ask(on().throttle_with_retry_after(Duration::from_secs(7)));
    assert!(head.starts_with("http/1.1 429") && head.contains("retry-after: 7"));
    let (head, body) = ask(on().status(503));
    assert!(head.starts_with("http/1.1 503") && body.contains("ServerException"));
    let (head, body) = ask(on().html(502));
    assert!(head.contains("text/html") && body.starts_with("<html>"));
    let (head, body) = ask(on().bare(403));
    assert!(head.starts_with("http/1.1 403") && body.is_empty());
    let (_, body) = ask(on().malformed());
    assert!(serde_json::from_str::<serde_json::Value>(&body).is_err());
    let (_, body) = ask(on().expired());
    assert!(body.contains("ExpiredTokenException"));
    let (_, body) = ask(Fault::on("ecs", "*").denied());
    assert!(body.contains("is not authorized to perform: ecs:ListClusters on resource: *"));
    let (head, _) = ecs(&cloud, "ListClusters", &json!({}));
    assert!(head.starts_with("HTTP/1.1 200"), "all faults are over");
}

#[test]
fn a_slow_link_and_a_late_answer() {
    let cloud = Cloud::start();
    cloud.s3().put("states", "app", vec![b'x'; 100_000]);
    cloud.fault(Fault::on("s3", "GetObject").slow_link(500_000));
    let head = format!("GET /states/app HTTP/1.1\r\n{}", SIGNED.trim_end());
    let begun = Instant::now();
    let (_, body) = send(&cloud, &head, b"");
    assert_eq!(body.len(), 100_000);
    assert!(
        begun.elapsed() >= Duration::from_millis(190),
        "{:?}",
        begun.elapsed()
    );
    cloud.fault(Fault::on("s3", "GetObject").delay(Duration::from_millis(120)));
    let begun = Instant::now();
    send(&cloud, &head, b"");
    assert!(begun.elapsed() >= Duration::from_millis(120));
}

#[test]
fn it_ends_when_dropped() {
    let cloud = Cloud::start();
    let (host, scratch) = (cloud.host(), cloud.scratch());
    assert!(TcpStream::connect(&host).is_ok() && scratch.is_dir());
    drop(cloud);
    assert!(TcpStream::connect(&host).is_err());
    assert!(!scratch.exists());
}
