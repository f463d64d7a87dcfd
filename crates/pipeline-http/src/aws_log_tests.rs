use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use super::{HttpConnectorFuture, LoggedConnector, code, described};
use crate::RequestLog;

const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=AKIAKEY/20260301/eu-central-1/ecs/aws4_request, \
    SignedHeaders=host, Signature=5ec4e7";

fn request(headers: &[(&'static str, &'static str)], body: &'static str) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST").expect("a method");
    request
        .set_uri(
            "https://user:pass@sts.eu-central-1.amazonaws.com/some/path?X-Amz-Signature=5ec4e7",
        )
        .expect("an address");
    for (name, value) in headers {
        request.headers_mut().insert(*name, *value);
    }
    request
}

#[test]
fn the_operation_is_read_from_the_target_or_form_and_the_service_from_the_signature() {
    let target = (
        "x-amz-target",
        "AmazonEC2ContainerServiceV20141113.ListTasks",
    );
    let form = ("content-type", "application/x-www-form-urlencoded");
    let action = "Action=AssumeRole&Version=2011-06-15&WebIdentityToken=5ec4e7";
    for (headers, body, shown) in [
        (
            &[target, ("authorization", SIGNATURE)][..],
            "{}",
            "ecs ListTasks",
        ),
        (&[form], action, "sts.eu-central-1.amazonaws.com AssumeRole"),
        (&[], action, "sts.eu-central-1.amazonaws.com/some/path"),
    ] {
        assert_eq!(described(&request(headers, body)), shown);
    }
}

#[test]
fn an_error_code_is_read_from_json_and_xml() {
    for (document, found) in [
        (
            r#"{"__type":"com.amazon#ThrottlingException"}"#,
            Some("ThrottlingException"),
        ),
        (
            r#"{"__type": "ClientException", "message": "x"}"#,
            Some("ClientException"),
        ),
        ("<Error><Code>NoSuchKey</Code></Error>", Some("NoSuchKey")),
        ("<Error><Code>two words</Code></Error>", None),
        ("<html>busy</html>", None),
        ("", None),
    ] {
        assert_eq!(code(document), found, "{document}");
    }
}

#[derive(Debug)]
struct Throttled;

const BODY: &str = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;

impl HttpConnector for Throttled {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = 400.try_into().expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(BODY));
        response.headers_mut().insert("x-amzn-requestid", "id-1");
        HttpConnectorFuture::ready(Ok(response))
    }
}

#[tokio::test]
async fn a_response_is_passed_on_unchanged_and_logged_with_its_code() {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let written = Arc::clone(&lines);
    let log = RequestLog::new(2, move |line| {
        written.lock().expect("not poisoned").push(line.to_owned());
    });
    let connector = LoggedConnector {
        connector: SharedHttpConnector::new(Throttled),
        log,
    };
    let target = (
        "x-amz-target",
        "AmazonEC2ContainerServiceV20141113.ListTasks",
    );
    let call = connector.call(request(&[target, ("authorization", SIGNATURE)], "{}"));
    let response = call.await.expect("a response");
    assert_eq!(response.body().bytes(), Some(BODY.as_bytes()));
    let shown = lines.lock().expect("not poisoned").join("\n");
    assert!(
        shown.starts_with("POST ecs ListTasks: HTTP 400 ThrottlingException in "),
        "{shown}"
    );
    assert!(shown.contains(", AWS request id id-1"), "{shown}");
    assert!(
        !shown.contains("5ec4e7") && !shown.contains("AKIAKEY"),
        "{shown}"
    );
}
