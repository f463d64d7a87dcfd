//! `--secret NAME=secretsmanager:…`: the program looks up the ARN, which ends in random characters.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::scene::{SOUND, Scene};

/// Starts a Secrets Manager that answers one request. The thread returns the request.
fn answering(status: &'static str, body: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let read = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            // The body is one JSON object without nested ones.
            if read == 0 || (text.contains("\r\n\r\n") && text.ends_with('}')) {
                break;
            }
        }
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, served)
}

fn scene() -> Scene {
    let env = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("NO_PROXY", "127.0.0.1"),
    ];
    Scene::of(SOUND).with_env(env.map(|(n, v)| (n.to_owned(), v.to_owned())))
}

const SECRET: &str = "side:KEY=secretsmanager:prod/db:password::";

#[test]
fn a_name_becomes_the_complete_arn() {
    let (url, served) = answering(
        "200 OK",
        r#"{"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf","Name":"prod/db"}"#,
    );
    let args = [
        "--secret",
        SECRET,
        "--role",
        "execution=e",
        "--endpoint-url",
        &url,
    ];
    let rendered = scene().render(&args).rendered();
    assert_eq!(
        rendered["containerDefinitions"][1]["secrets"][0]["valueFrom"],
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf:password::"
    );
    let request = served.join().unwrap();
    assert!(
        request.contains("secretsmanager.DescribeSecret"),
        "{request}"
    );
    assert!(request.ends_with(r#"{"SecretId":"prod/db"}"#), "{request}");
    let published = include_str!("../../../../docs/policies/render-taskdef-secrets.json");
    let policy: Value = serde_json::from_str(published).unwrap();
    assert_eq!(
        policy["Statement"][0]["Action"],
        json!(["secretsmanager:DescribeSecret"])
    );
}

#[test]
fn a_missing_secret_is_reported_with_its_name() {
    let (url, served) = answering(
        "400 Bad Request",
        r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}"#,
    );
    let args = [
        "--secret",
        SECRET,
        "--role",
        "execution=e",
        "--endpoint-url",
        &url,
    ];
    let ran = scene().render(&args);
    served.join().unwrap();
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(
        ran.stderr
            .starts_with("error: the secret prod/db does not exist in eu-west-1\n"),
        "{}",
        ran.stderr
    );
}
