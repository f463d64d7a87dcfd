use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{RequestLog, address};

/// The secret in these tests, wherever it occurs.
const SECRET: &str = "5ec4e7";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn log(&self, verbosity: u8) -> RequestLog {
        let lines = self.clone();
        RequestLog::new(verbosity, move |line| {
            lines.0.lock().expect("not poisoned").push(line.to_owned());
        })
    }

    fn all(&self) -> String {
        self.0.lock().expect("not poisoned").join("\n")
    }
}

/// A server on loopback that sends one response and then closes.
async fn server(response: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 4096];
        let _ = connection.read(&mut request).await;
        let _ = connection.write_all(response.as_bytes()).await;
    });
    format!("http://127.0.0.1:{port}")
}

const RESPONSE: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nx-amz-request-id: id-1\r\n\
    retry-after: 7\r\nset-cookie: session=5ec4e7\r\nlocation: https://x/?X-Amz-Signature=5ec4e7\r\n\
    connection: close\r\n\r\n";

async fn logged(verbosity: u8) -> String {
    let lines = Lines::default();
    let base = server(RESPONSE).await;
    let request = reqwest_client()
        .get(format!("{base}/state/web?X-Amz-Signature={SECRET}"))
        .basic_auth("user", Some(SECRET))
        .header("x-amz-security-token", SECRET);
    let response = lines.log(verbosity).send(request).await;
    assert_eq!(response.expect("a response").status(), 403);
    let shown = lines.all().replace(&base["http://".len()..], "HOST");
    assert!(!shown.contains(SECRET), "{shown}");
    shown
}

fn reqwest_client() -> reqwest::Client {
    crate::client().expect("a client")
}

#[tokio::test]
async fn without_verbosity_nothing_is_logged() {
    assert_eq!(logged(0).await, "");
}

#[tokio::test]
async fn a_request_is_one_line_with_status_duration_and_id() {
    let shown = logged(1).await;
    assert!(
        shown.starts_with("GET HOST/state/web: HTTP 403 in "),
        "{shown}"
    );
    assert!(shown.ends_with(" ms, AWS request id id-1"), "{shown}");
}

#[tokio::test]
async fn details_are_headers_from_a_fixed_list() {
    let shown = logged(2).await;
    assert!(
        shown.ends_with(", AWS request id id-1, content-length: 0, retry-after: 7"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_request_without_a_response_is_logged_with_the_reason_and_without_the_query() {
    let lines = Lines::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let request = reqwest_client().get(format!("http://127.0.0.1:{port}/?token={SECRET}"));
    lines
        .log(2)
        .send(request)
        .await
        .expect_err("nothing listens");
    let shown = lines.all();
    assert!(shown.contains(": no response after "), "{shown}");
    assert!(shown.to_lowercase().contains("refused"), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn a_dropped_request_is_logged_as_cancelled() {
    let lines = Lines::default();
    drop(lines.log(1).begin("GET", || "host/path".to_owned()));
    let shown = lines.all();
    assert!(
        shown.starts_with("GET host/path: cancelled after "),
        "{shown}"
    );
}

#[test]
fn an_address_has_no_password_no_query_and_no_segment_that_may_be_a_secret() {
    let key = SECRET.repeat(20);
    let digest = format!("sha256:{}", "a".repeat(64));
    for (url, shown) in [
        (
            "https://u:5ec4e7@h.example:8443/a/b?x=5ec4e7#5ec4e7".to_owned(),
            "h.example:8443/a/b".to_owned(),
        ),
        (
            format!("https://h/v1/object/start-of-{key}"),
            "h/v1/object/start-of…".to_owned(),
        ),
        (
            format!("https://h/v2/app/blobs/{digest}"),
            format!("h/v2/app/blobs/{digest}"),
        ),
        ("https://h".to_owned(), "h/".to_owned()),
    ] {
        let url = reqwest::Url::parse(&url).expect("an address");
        assert_eq!(address(&url), shown);
    }
}
