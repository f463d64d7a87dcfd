//! Registries that answer differently from the specification, and networks that answer instead of
//! a registry.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use fakes::{Cloud, Fault};

use crate::program::{Run, run};
use crate::sample::Image;

fn push(registry: &str, env: &[(String, String)], more: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    Image::small(1).oci_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    let mut args = vec!["--source", &source, "--registry", registry];
    args.extend(["--repository", "app", "--tag", "v1"]);
    args.extend(more);
    run(env, &args)
}

/// Reads a head and as many bytes of the body as it announces.
fn message(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}

fn without_keep_alive(head: &str) -> String {
    let lines = head.trim_end().split("\r\n");
    let lines: Vec<&str> = lines
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .collect();
    format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n"))
}

/// A proxy in front of a registry that changes the heads of its answers. Returns its URL.
fn changed(
    upstream: &Cloud,
    change: impl Fn(&str, String) -> String + Send + Sync + Copy + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let upstream = upstream.host();
    // The threads end with the process of the test.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut client, upstream) = (stream.unwrap(), upstream.clone());
            std::thread::spawn(move || {
                let (head, body) = message(&mut client);
                if head.is_empty() {
                    return;
                }
                let mut server = TcpStream::connect(upstream).unwrap();
                server
                    .write_all(without_keep_alive(&head).as_bytes())
                    .unwrap();
                server.write_all(&body).unwrap();
                let mut answer = Vec::new();
                server.read_to_end(&mut answer).unwrap();
                let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
                let answered = String::from_utf8(answer[..end].to_vec()).unwrap();
                let answered = change(head.lines().next().unwrap(), without_keep_alive(&answered));
                // It does not matter if the client has closed the connection.
                let _ = client
                    .write_all(answered.as_bytes())
                    .and_then(|()| client.write_all(&answer[end..]));
            });
        }
    });
    url
}

fn plain_registry() -> Cloud {
    let cloud = Cloud::start();
    cloud.registry().plain();
    cloud
}

#[test]
fn any_success_with_the_right_digest_is_a_success() {
    for status in ["200 OK", "202 Accepted"] {
        let cloud = plain_registry();
        let change = move |request: &str, head: String| {
            if request.starts_with("PUT ") {
                head.replace("HTTP/1.1 201 Created", &format!("HTTP/1.1 {status}"))
            } else {
                head
            }
        };
        let run = push(&changed(&cloud, change), &[], &[]).ended(0, "pushed");
        assert_eq!(
            cloud.registry().tag("app", "v1").as_deref(),
            Some(run.digest())
        );
    }
    let cloud = plain_registry();
    let change = |request: &str, head: String| {
        if !request.starts_with("PUT ") || !request.contains("/manifests/v1") {
            return head;
        }
        let header = head
            .to_ascii_lowercase()
            .find("docker-content-digest")
            .unwrap();
        let at = header + head[header..].find("sha256:").unwrap();
        format!(
            "{}sha256:{}{}",
            &head[..at],
            "0".repeat(64),
            &head[at + 71..]
        )
    };
    push(&changed(&cloud, change), &[], &[])
        .ended(9, "unreachable")
        .with_error(&["sent an invalid answer", "its digest is sha256:000"]);
}

#[test]
fn the_token_service_is_used_among_several_challenges() {
    for challenges in [
        &["Basic realm=\"x\"", "BEARER"][..],
        &["Basic realm=\"x\", BEARER"],
        &["Negotiate, BEARER, Basic realm=\"x\""],
        &["NTLM", "Negotiate YII=", "BEARER"],
    ] {
        let cloud = plain_registry();
        cloud.registry().bearer();
        let change = move |_: &str, head: String| {
            let lines = head
                .split("\r\n")
                .flat_map(|line| match line.split_once(": ") {
                    Some((name, bearer)) if name.eq_ignore_ascii_case("www-authenticate") => {
                        challenges
                            .iter()
                            .map(|text| format!("{name}: {}", text.replace("BEARER", bearer)))
                            .collect()
                    }
                    _ => vec![line.to_owned()],
                });
            lines.collect::<Vec<String>>().join("\r\n")
        };
        let password = ("FARGATE_REGISTRY_PASSWORD".to_owned(), "secret".to_owned());
        let more = ["--registry-username", "me"];
        push(&changed(&cloud, change), &[password], &more).ended(0, "pushed");
        assert_eq!(
            cloud.requests_of("registry", "Token").len(),
            1,
            "{challenges:?}"
        );
    }
}

#[test]
fn a_login_page_is_not_a_registry() {
    let assert_reported = |run: Run, found: &str| {
        let run = run.ended(9, "unreachable").with_error(&[
            found,
            "it is not a registry",
            "hint: a proxy or a login page answered: check --registry, HTTPS_PROXY and NO_PROXY",
        ]);
        assert!(!run.stderr.contains("already there"), "{}", run.stderr);
        assert!(!run.stderr.contains("trying again"), "{}", run.stderr);
    };
    let cloud = plain_registry();
    cloud.fault(Fault::on("registry", "*").always().html(200));
    assert_reported(push(&cloud.endpoint_url(), &[], &[]), "with an HTML page");
    for operation in ["HeadBlob", "StartUpload", "PutUpload", "PutManifest"] {
        let cloud = plain_registry();
        cloud.fault(Fault::on("registry", operation).always().html(200));
        assert_reported(push(&cloud.endpoint_url(), &[], &[]), "with an HTML page");
        assert!(cloud.registry().tag("app", "v1").is_none());
    }
    let cloud = plain_registry();
    let redirect = |_: &str, _: String| {
        "HTTP/1.1 302 Found\r\nLocation: http://login.test/\r\nConnection: close\r\n\r\n".to_owned()
    };
    assert_reported(
        push(&changed(&cloud, redirect), &[], &[]),
        "with a redirect to http://login.test/",
    );
}

#[test]
fn a_repository_uri_is_never_used_as_a_name() {
    let cloud = plain_registry();
    let folder = tempfile::tempdir().unwrap();
    Image::small(1).oci_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    let uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app";
    let url = cloud.endpoint_url();
    let args = ["--source", &source, "--registry", &url, "--repository", uri];
    run(&[], &args).ended(2, "invalid").with_error(&[
        "--repository must be a name, but",
        "hint: use --repository team/app, and --registry for the host",
    ]);
    let with_tag = format!("{uri}:v1");
    let args = ["--source", &source, "--repository", &with_tag];
    run(&[], &args)
        .ended(2, "invalid")
        .with_error(&["use --tag for a tag"]);
    let args = [
        "--source",
        &source,
        "--registry",
        &url,
        "--repository",
        "app",
    ];
    let args = [&args[..], &["--mount-from", uri]].concat();
    run(&[], &args)
        .ended(2, "invalid")
        .with_error(&["hint: use --mount-from team/app"]);
    assert!(cloud.requests().is_empty());
}
