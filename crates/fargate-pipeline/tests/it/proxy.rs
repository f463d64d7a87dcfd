//! Requests to AWS use the proxy of the environment.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, channel};

/// A proxy that refuses each request with an answer that no client repeats. The receiver gets the
/// first line and the login of each request.
fn proxy() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut reader = BufReader::new(connection.try_clone().unwrap());
            let (mut shown, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim();
                let lower = line.to_lowercase();
                if let Some(value) = lower.strip_prefix("content-length: ") {
                    length = value.parse().unwrap();
                }
                if shown.is_empty() || lower.starts_with("proxy-authorization") {
                    shown.push_str(line);
                }
                if line.is_empty() {
                    break;
                }
            }
            std::io::copy(&mut reader.take(length), &mut std::io::sink()).unwrap();
            let body = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
            let head = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length:";
            write!(connection, "{head} {}\r\n\r\n{body}", body.len()).unwrap();
            sender.send(shown).unwrap();
        }
    });
    (port, requests)
}

/// Assumes a role at an endpoint whose name does not exist.
fn assume_role(variables: &[(&str, String)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fargate-pipeline"))
        .args(["tf-outputs", "--state", "s3://bucket/key"])
        .args(["--endpoint-url", "http://aws.invalid"])
        .args(["--role-to-assume", "arn:aws:iam::123456789012:role/deploy"])
        .env_clear()
        .env("AWS_REGION", "eu-central-1")
        .env("FARGATE_WEB_IDENTITY_TOKEN", "e30.e30.x")
        .envs(variables.iter().cloned())
        .output()
        .unwrap()
}

#[test]
fn a_request_to_aws_goes_through_the_proxy_with_its_login() {
    let (port, requests) = proxy();
    let url = format!("http://user:p%40ss@127.0.0.1:{port}");
    let ran = assume_role(&[("HTTP_PROXY", url)]);
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(4), "{stderr}");
    let request = requests.recv().unwrap();
    assert!(
        request.starts_with("POST http://aws.invalid/ HTTP/1.1"),
        "{request}"
    );
    // user:p@ss
    assert!(request.ends_with("Basic dXNlcjpwQHNz"), "{request}");
    assert!(!stderr.contains("p@ss") && !stderr.contains("p%40ss"));
}

#[test]
fn a_proxy_that_cannot_be_read_is_an_error_at_once() {
    let url = "http://user:hunter2@127.0.0.1:port".to_owned();
    let ran = assume_role(&[("HTTP_PROXY", url)]);
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert_ne!(ran.status.code(), Some(0));
    assert!(
        stderr.contains("HTTP_PROXY is not the URL of a proxy"),
        "{stderr}"
    );
    assert!(!stderr.contains("hunter2"), "{stderr}");
}
