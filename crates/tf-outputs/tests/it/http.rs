//! The HTTP backend: credentials, missing states, TLS with a private CA, proxies.

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::run::{file, run, run_with, state};
use crate::server::{Response, Server};

const NONE: [(&str, &str); 0] = [];

fn small() -> String {
    state(json!({"a": "x"}))
}

fn basic(user: &str, password: &str) -> String {
    let text = format!("{user}:{password}");
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(text)
    )
}

/// Returns the state only to requests with this header.
fn guarded(authorization: &str) -> Server {
    let wanted = authorization.to_owned();
    Server::start(
        move |request, _| match request.headers.get("authorization") {
            Some(given) if *given == wanted => Response::new(200, small()),
            Some(_) => Response::new(403, "no"),
            None => Response::new(401, "who?"),
        },
    )
}

#[test]
fn basic_authentication() {
    let server = guarded(&basic("ci", "pässword"));
    let url = server.url("/state/prod");
    let directory = tempfile::tempdir().unwrap();
    let password = file(directory.path(), "password", "pässword\n");
    for (args, env) in [
        (
            vec!["--state-username", "ci", "--state-password-file", &password],
            vec![],
        ),
        (
            vec!["--state-username", "ci"],
            vec![("FARGATE_STATE_PASSWORD", "pässword")],
        ),
        (
            vec![],
            vec![("TF_HTTP_USERNAME", "ci"), ("TF_HTTP_PASSWORD", "pässword")],
        ),
    ] {
        let mut all = vec!["--state", url.as_str()];
        all.extend(args);
        let ran = run_with(&all, &env);
        assert_eq!(ran.json(), json!({"a": "x"}), "{}", ran.stderr);
    }
}

#[test]
fn a_token() {
    let server = guarded("Bearer t0ken");
    let url = server.url("/state");
    let ran = run_with(&["--state", &url], &[("FARGATE_STATE_TOKEN", "t0ken")]);
    assert_eq!(ran.json(), json!({"a": "x"}), "{}", ran.stderr);
}

#[test]
fn only_the_jobs_own_gitlab_gets_the_job_token() {
    let server = guarded(&basic("gitlab-ci-token", "job-token"));
    let address = server.url("/api/v4/projects/7/terraform/state/prod");
    let job = |api: &str| {
        vec![
            ("GITLAB_CI", "true".to_owned()),
            ("CI_JOB_TOKEN", "job-token".to_owned()),
            ("CI_API_V4_URL", api.to_owned()),
        ]
    };
    let ran = run_with(&["--state", &address], &job(&server.url("/api/v4")));
    assert_eq!(ran.json(), json!({"a": "x"}), "{}", ran.stderr);

    for (address, api) in [
        (address.clone(), "http://gitlab.example/api/v4".to_owned()),
        (
            server.url("/other/terraform/state/prod"),
            server.url("/api/v4"),
        ),
        (
            server.url("/api/v4/projects/7/packages"),
            server.url("/api/v4"),
        ),
    ] {
        let ran = run_with(&["--state", &address], &job(&api));
        assert_eq!(ran.code, 4, "{address}");
        let last = server.requests().pop().unwrap();
        assert_eq!(last.headers.get("authorization"), None, "{address}");
    }
}

#[test]
fn errors_show_which_credentials_were_sent() {
    let server = guarded("Bearer right");
    let url = server.url("/state?token=in-query");
    for (env, message) in [
        (
            vec![],
            "the server responded with HTTP 401 Unauthorized to a request without credentials",
        ),
        (
            vec![("FARGATE_STATE_TOKEN", "wrong")],
            "the server responded with HTTP 403 Forbidden to a token",
        ),
        (
            vec![("TF_HTTP_USERNAME", "ci"), ("TF_HTTP_PASSWORD", "wrong")],
            "the server responded with HTTP 403 Forbidden to user ci with a password",
        ),
    ] {
        let ran = run_with(&["--state", &url], &env);
        assert_eq!(ran.code, 4);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
        assert!(
            !ran.stderr.contains("wrong") && !ran.stderr.contains("in-query"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn no_state_yet() {
    for status in [404, 204] {
        let server = Server::start(move |_, _| Response::new(status, ""));
        let ran = run(&["--state", &server.url("/state/new")]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(
            ran.stderr
                .contains(&format!("there is no state (HTTP {status})")),
            "{}",
            ran.stderr
        );
        assert_eq!(
            server.requests().len(),
            1,
            "a clear response is not retried"
        );
    }
}

#[test]
fn an_html_page_of_a_proxy_is_recognized() {
    let server = Server::start(|_, _| {
        Response::new(200, "<html><body>Please sign in</body></html>")
            .with("content-type", "text/html")
    });
    let ran = run(&["--state", &server.url("/state")]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("this is an HTML page, not a state"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("hint: a proxy or a login page responded"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_busy_server_and_an_interrupted_download_are_retried() {
    let server = Server::start(|_, number| match number {
        0 => Response::new(503, "busy"),
        1 => Response::new(200, small()).cut(40),
        _ => Response::new(200, small()),
    });
    let ran = run(&["--state", &server.url("/state")]);
    assert_eq!(ran.json(), json!({"a": "x"}), "{}", ran.stderr);
    assert_eq!(server.requests().len(), 3);
    assert!(
        ran.stderr
            .contains("503 Service Unavailable; retrying in 250 ms"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("the download was interrupted; retrying"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_download_that_is_always_interrupted_ends_as_unreachable() {
    let server = Server::start(|_, _| Response::new(200, small()).cut(40));
    let ran = run(&["--state", &server.url("/state")]);
    assert_eq!(ran.code, 9, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("error: ") && ran.stderr.contains("the download was interrupted\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn no_server() {
    let server = Server::start(|_, _| Response::new(200, ""));
    let url = server.url("/state");
    drop(server);
    let ran = run(&["--state", &url]);
    assert_eq!(ran.code, 9);
    assert!(ran.stderr.contains("cannot connect"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Connection refused"), "{}", ran.stderr);
}

#[test]
fn a_private_ca_is_trusted_through_ssl_cert_file() {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &ca)
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = std::sync::Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let server = Server::start_tls(config, |_, _| Response::new(200, small()));
    let url = format!("https://{}/state", server.host);

    let directory = tempfile::tempdir().unwrap();
    let ca_file = file(directory.path(), "ca.pem", ca.pem());
    let ran = run_with(&["--state", &url], &[("SSL_CERT_FILE", &ca_file)]);
    assert_eq!(ran.json(), json!({"a": "x"}), "{}", ran.stderr);

    let ran = run_with(&["--state", &url], &NONE);
    assert_eq!(ran.code, 9);
    assert!(
        ran.stderr.contains("for a private CA, set SSL_CERT_FILE"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains("retrying"),
        "trust does not come by waiting: {}",
        ran.stderr
    );

    let ran = run_with(&["--state", &url], &[("SSL_CERT_FILE", "/nowhere/ca.pem")]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("SSL_CERT_FILE"), "{}", ran.stderr);
}

#[test]
fn a_password_without_a_user_is_rejected() {
    let ran = run_with(
        &["--state", "http://127.0.0.1:9/state"],
        &[("FARGATE_STATE_PASSWORD", "pässword")],
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("has no user name: add --state-username NAME"),
        "{}",
        ran.stderr
    );
}

#[test]
fn requests_are_shown_without_password_token_or_query() {
    for env in [
        [
            ("FARGATE_STATE_USERNAME", "ci"),
            ("FARGATE_STATE_PASSWORD", "5ec4e7"),
        ],
        [
            ("FARGATE_STATE_TOKEN", "5ec4e7"),
            ("FARGATE_STATE_USERNAME", ""),
        ],
    ] {
        let server = Server::start(|_, _| {
            let again = "https://elsewhere/?X-Amz-Signature=5ec4e7";
            Response::new(200, small())
                .with("location", again)
                .with("set-cookie", "session=5ec4e7")
        });
        let url = server.url("/state/prod?X-Amz-Signature=5ec4e7");
        let ran = run_with(&["--state", &url, "-vv"], &env);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let line = ran.stderr.replace(&server.host, "HOST");
        assert!(
            line.contains("debug: GET HOST/state/prod: HTTP 200 in "),
            "{line}"
        );
        assert!(!line.contains("5ec4e7"), "{line}");
    }
}
