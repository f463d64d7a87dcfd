use super::{AwsError, AwsErrorKind, kind_of, request_id};

#[test]
fn an_error_code_decides_the_kind() {
    for (code, message, status, kind) in [
        (
            "ClusterNotFoundException",
            "Cluster not found.",
            400,
            AwsErrorKind::NotFound,
        ),
        (
            "ClientException",
            "TaskDefinition not found.",
            400,
            AwsErrorKind::NotFound,
        ),
        (
            "ClientException",
            "Invalid 'cpu' setting for task.",
            400,
            AwsErrorKind::Invalid,
        ),
        (
            "RepositoryNotFoundException",
            "",
            400,
            AwsErrorKind::NotFound,
        ),
        ("NoSuchKey", "", 404, AwsErrorKind::NotFound),
        (
            "ThrottlingException",
            "Rate exceeded",
            400,
            AwsErrorKind::Throttled,
        ),
        ("ExpiredTokenException", "", 400, AwsErrorKind::Credentials),
        (
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider",
            400,
            AwsErrorKind::Server,
        ),
        ("AccessDeniedException", "", 400, AwsErrorKind::Denied),
        ("SomethingNew", "", 503, AwsErrorKind::Server),
        ("SomethingNew", "", 400, AwsErrorKind::Invalid),
    ] {
        assert_eq!(
            kind_of(Some(code), message, status),
            kind,
            "{code} {message}"
        );
    }
}

#[test]
fn the_request_id_is_read_from_the_header_of_each_service() {
    for name in ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"] {
        let found = request_id(|header| (header == name).then_some("id-1"));
        assert_eq!(found.as_deref(), Some("id-1"), "{name}");
    }
    assert_eq!(request_id(|_| None), None);
    assert_eq!(request_id(|_| Some("")), None);
}

#[test]
fn an_error_ends_with_its_request_id() {
    let mut error = AwsError::unparseable("ecs", "ListTasks", "no JSON");
    assert_eq!(error.to_string(), "ecs ListTasks: the response is not JSON");
    error.request_id = Some("id-1".to_owned());
    assert_eq!(
        error.to_string(),
        "ecs ListTasks: the response is not JSON (AWS request id id-1)"
    );
}
