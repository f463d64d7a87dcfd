//! Which texts are rejected, and with which message. Users see the message after the location of the
//! state.

use std::fmt::Write as _;
use std::io::{self, Read};

use tf_state::{OUTPUTS_LIMIT, StateError, read};

#[test]
fn each_mistake_has_its_own_message() {
    let mut table = String::new();
    for text in [
        "",
        " \n\t ",
        "<!DOCTYPE html><html><body>Sign in</body></html>",
        "\r\n<?xml version=\"1.0\"?><Error/>",
        "[command]/opt/terraform-bin output -json\n{}",
        "cluster = \"prod\"\n",
        "{\"version\":4,\"outputs\":{\"a\":{\"value\":\"x\"",
        "{\"version\":4,\"outputs\":{}} {}",
        "{\"version\":4,}",
        r#"{"version":3,"serial":1,"modules":[{"path":["root"],"outputs":{}}]}"#,
        r#"{"version":3,"terraform_version":"1.11.4","backend":{"type":"s3","config":{"bucket":"b","key":"secret"},"hash":1}}"#,
        r#"{"version":5,"outputs":{}}"#,
        r#"{"version":"four","outputs":{}}"#,
        r#"{"serial":3,"lineage":"x","meta":{"key_provider":{}},"encrypted_data":"c2VjcmV0","encryption_version":"v0"}"#,
        r#"{"format_version":"1.0","terraform_version":"1.11.4","values":{"outputs":{"a":{"value":1}},"root_module":{}}}"#,
        r#"{"cluster":"prod","subnets":["a","b"],"a":1,"b":2,"c":3,"d":4,"e":5}"#,
        r#"{"one":"1"}"#,
        r#""just-a-value""#,
        "17",
        "null",
        "true",
        "[1,2]",
        r#"{"version":4,"outputs":[]}"#,
        r#"{"version":4,"outputs":{"a":"secret"}}"#,
        r#"{"version":4,"outputs":{"a":{"type":"string"}}}"#,
        r#"{"version":4,"outputs":{"a":{"value":"secret","sensitive":"yes"}}}"#,
        r#"{"version":4,"outputs":{"a\nb":{"value":"secret"}}}"#,
        r#"{"version":4,"outputs":{"a=b":{"value":"secret"}}}"#,
        r#"{"version":4,"outputs":{"":{"value":"secret"}}}"#,
        r#"{"good":{"value":1},"bad":"secret"}"#,
        r#"{"version":4,"outputs":{"a":{"value":{"$serde_json::private::Number":"secret"}}}}"#,
        r#"{"version":4,"outputs":{"a":{"value":"\ud800"}}}"#,
    ] {
        let error = read(text.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        let shown: String = text.chars().take(60).collect();
        writeln!(table, "{}\n  {error}", shown.escape_debug()).unwrap();
        if let Some(hint) = error.hint() {
            writeln!(table, "  hint: {hint}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn utf_16_is_named() {
    for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] {
        let text = [mark.as_slice(), b"{\0}\0"].concat();
        assert!(matches!(read(text.as_slice()), Err(StateError::Utf16)));
    }
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    let value = "[".repeat(200_000);
    let text = format!(r#"{{"version":4,"outputs":{{"a":{{"value":{value}"#);
    let error = read(text.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("recursion limit"), "{error}");
}

#[test]
fn a_hundred_megabytes_of_outputs_are_rejected_while_they_arrive() {
    let head = br#"{"version":4,"outputs":{"a":{"value":""#.as_slice();
    let mut taken = Taken::default();
    let error = read(
        head.chain(io::repeat(b'x').take(100 << 20))
            .chain(&mut taken),
    )
    .unwrap_err();
    assert!(
        matches!(
            error,
            StateError::TooLarge {
                limit: OUTPUTS_LIMIT
            }
        ),
        "{error}"
    );
    assert_eq!(error.to_string(), "the outputs are larger than 8 MiB");
    assert!(!taken.0, "the rest was still read");
}

#[test]
fn a_failing_reader_is_not_mistaken_for_the_end() {
    let head = br#"{"version":4,"outputs":{}"#.as_slice();
    let error = read(head.chain(Broken)).unwrap_err();
    let StateError::Read(cause) = error else {
        panic!("{error}")
    };
    assert_eq!(cause.kind(), io::ErrorKind::ConnectionReset);
}

#[derive(Default)]
struct Taken(bool);

impl Read for Taken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0 = true;
        Ok(0)
    }
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ConnectionReset.into())
    }
}
