//! Everything that looks like a credential is removed, and nothing else.

use deploy_status::redact;
use proptest::prelude::*;

#[test]
fn credentials_are_removed() {
    for (text, clean) in [
        ("password=hunter2", "password=***"),
        ("DB_PASSWORD: hunter2, next", "DB_PASSWORD: ***, next"),
        (r#"{"token":"abc","n":1}"#, r#"{"token":"***","n":1}"#),
        ("--api-key=abc def", "--api-key=*** def"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("got Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "got Bearer ***"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key *** used"),
        ("ghp_0123456789abcdef0123", "***"),
        (
            "postgres://app:s3cret@db/app?x=1",
            "postgres://app:***@db/app?x=1",
        ),
        ("redis://:pw@cache:6379", "redis://:***@cache:6379"),
    ] {
        assert_eq!(redact(text), clean, "{text}");
    }
}

#[test]
fn words_that_only_resemble_credentials_stay() {
    for text in [
        "unable to pull secrets: arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
        "the token has expired",
        "basic health check failed",
        "image 123456789012.dkr.ecr.eu-central-1.amazonaws.com/web@sha256:abcdef",
        "https://example.com/path?a=b@c",
        "password required",
        "exit code 137: OutOfMemoryError",
        "",
        "  spaces\tand\nlines  ",
    ] {
        assert_eq!(redact(text), text);
    }
}

proptest! {
    #[test]
    fn any_text_passes(text in any::<String>()) {
        let clean = redact(&text);
        prop_assert_eq!(redact(&clean), clean.clone());
    }
}
