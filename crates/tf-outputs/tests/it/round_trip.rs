//! A shell, a dotenv reader and a properties reader get the values of the state.
//!
//! `PROPTEST_CASES` sets the number of cases (for the shell a tenth, because each is a process).

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use crate::readers::{gitlab, properties};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tf_outputs::{
    Format, RenderError, RenderOptions, SelectedOutput, ci_outputs, render, variable_name,
};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,30}",
        "[ -~\n\t]{0,40}",
        "['\"\\\\$`!#=:; \n\r\t]{0,12}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::String),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(text(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn outputs() -> impl Strategy<Value = Vec<SelectedOutput>> {
    prop::collection::btree_map("[a-zA-Z_][a-zA-Z0-9_-]{0,12}", value(), 1..6).prop_map(|outputs| {
        let selected = |(name, value)| SelectedOutput {
            name,
            value,
            sensitive: false,
        };
        outputs.into_iter().map(selected).collect()
    })
}

fn options(format: Format) -> RenderOptions {
    RenderOptions {
        format,
        ..RenderOptions::default()
    }
}

/// What a reader must get: the text of each output that is not null.
fn expected(outputs: &[SelectedOutput], name: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let there = outputs.iter().filter(|output| !output.value.is_null());
    there
        .map(|output| (name(&output.name), text(&output.value)))
        .collect()
}

fn variable(name: &str) -> String {
    variable_name(name).unwrap()
}

fn cases(share: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").map_or(500, |cases| cases.parse().unwrap());
    ProptestConfig {
        cases: (cases / share).max(30),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Runs `check` on many outputs, and makes sure that enough of them could be rendered.
fn try_many(
    share: u32,
    format: Format,
    check: impl Fn(&[SelectedOutput], &str) -> Result<(), TestCaseError>,
) {
    let (written, refused) = (std::cell::Cell::new(0_u32), std::cell::Cell::new(0_u32));
    TestRunner::new(cases(share))
        .run(&outputs(), |outputs| {
            match render(&outputs, &options(format)) {
                Ok(text) => {
                    written.set(written.get() + 1);
                    check(&outputs, &text)
                }
                Err(RenderError::GitHubBytes { .. }) => Err(TestCaseError::fail("not asked for")),
                Err(error) => {
                    refused.set(refused.get() + 1);
                    prop_assert!(!error.hint().is_empty());
                    Ok(())
                }
            }
        })
        .unwrap();
    assert!(
        written.get() > refused.get() / 20,
        "{written:?} written, {refused:?} refused"
    );
}

#[test]
fn the_real_sh_gets_the_values_of_the_state() {
    try_many(10, Format::Shell, |outputs, text| {
        let expected = expected(outputs, variable);
        let mut script = String::from("set -e\n. \"$1\"\n");
        for name in expected.keys() {
            // `x` keeps the trailing line breaks that a command substitution would remove.
            script.push_str(&format!("printf '%s\\0' \"${{{name}}}\"\n"));
        }
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("outputs.sh");
        std::fs::write(&file, text).unwrap();
        let output = Command::new("sh")
            .args(["-c", &script, "sh", file.to_str().unwrap()])
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        prop_assert!(
            output.status.success() && message.is_empty(),
            "{message}\n{text}"
        );
        let got = String::from_utf8(output.stdout).unwrap();
        let got: Vec<&str> = got.split_terminator('\0').collect();
        let expected: Vec<&str> = expected.values().map(String::as_str).collect();
        prop_assert_eq!(got, expected);
        Ok(())
    });
}

/// bash reserves some variables: it rejects them or sets them itself.
#[test]
fn bash_keeps_every_variable_that_is_not_rejected() {
    let bash = |script: &str| {
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", script]).env_clear();
        let output = bash.stdin(Stdio::null()).output().unwrap();
        (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (known, _) = bash("compgen -v; compgen -k; echo FUNCNAME");
    let outputs: Vec<SelectedOutput> = known
        .lines()
        .filter(|name| variable_name(name).is_ok())
        .map(|name| SelectedOutput {
            name: name.to_owned(),
            value: json!("as it was"),
            sensitive: false,
        })
        .collect();
    assert!(known.lines().count() > 40 && outputs.len() > 3, "{known}");
    let mut script = render(&outputs, &options(Format::Shell)).unwrap();
    for output in &outputs {
        script.push_str(&format!("echo \"{0}=${{{0}}}\"\n", output.name));
    }
    let (got, message) = bash(&script);
    let lines = outputs.iter().map(|o| format!("{}=as it was\n", o.name));
    assert_eq!((got, message.as_str()), (lines.collect::<String>(), ""));
}

#[test]
fn gitlab_gets_the_values_of_the_state() {
    try_many(1, Format::Dotenv, |outputs, text| {
        let got = gitlab(text).expect("a report that GitLab takes");
        let expected = expected(outputs, variable);
        prop_assert_eq!(
            got.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>()
        );
        for output in outputs.iter().filter(|output| !output.value.is_null()) {
            let got = &got[&variable(&output.name)];
            match &output.value {
                Value::String(text) => prop_assert_eq!(got, text),
                // JSON may be escaped differently, but has the same value.
                value => prop_assert_eq!(&serde_json::from_str::<Value>(got).unwrap(), value),
            }
        }
        Ok(())
    });
}

#[test]
fn a_properties_reader_gets_the_values_of_the_state() {
    try_many(1, Format::Properties, |outputs, text| {
        prop_assert!(text.is_ascii());
        prop_assert_eq!(properties(text), expected(outputs, str::to_owned));
        Ok(())
    });
}

/// Prints what java.util.Properties reads from each file, as UTF-16 units in hexadecimal.
const READER: &str = r#"
import java.io.*; import java.nio.file.*; import java.util.*;
public class Reader {
    static String hex(String text) {
        StringBuilder hex = new StringBuilder();
        for (char unit : text.toCharArray()) hex.append(String.format("%04x", (int) unit));
        return hex.toString();
    }
    public static void main(String[] files) throws IOException {
        for (String file : files) {
            Properties read = new Properties();
            try (InputStream in = Files.newInputStream(Paths.get(file))) { read.load(in); }
            StringBuilder line = new StringBuilder();
            for (String name : new TreeSet<>(read.stringPropertyNames()))
                line.append(hex(name)).append('=').append(hex(read.getProperty(name))).append(' ');
            System.out.println(line);
        }
    }
}
"#;

#[test]
fn the_real_java_gets_the_values_of_the_state() {
    if !crate::real::is_there("java", "-version") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("Reader.java");
    std::fs::write(&source, READER).unwrap();
    let cases = std::cell::RefCell::new(Vec::new());
    try_many(10, Format::Properties, |outputs, text| {
        let mut cases = cases.borrow_mut();
        let file = directory.path().join(format!("{}.properties", cases.len()));
        std::fs::write(&file, text).unwrap();
        cases.push((file, expected(outputs, str::to_owned)));
        Ok(())
    });
    let cases = cases.into_inner();
    // One process for all files, because its start takes longer than the reading.
    let output = Command::new("java")
        .arg(&source)
        .args(cases.iter().take(5_000).map(|(file, _)| file))
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{message}");
    let hex = |text: &str| {
        text.encode_utf16()
            .map(|unit| format!("{unit:04x}"))
            .collect::<String>()
    };
    let got = String::from_utf8(output.stdout).unwrap();
    let mut count = 0;
    for (line, (_, expected)) in got.lines().zip(&cases) {
        // In the sort order of Java.
        let mut pairs: Vec<(Vec<u16>, String)> = expected
            .iter()
            .map(|(name, text)| {
                (
                    name.encode_utf16().collect(),
                    format!("{}={} ", hex(name), hex(text)),
                )
            })
            .collect();
        pairs.sort();
        assert_eq!(
            line,
            pairs.into_iter().map(|(_, pair)| pair).collect::<String>()
        );
        count += 1;
    }
    assert!(count >= 20, "{count}");
}

#[test]
fn json_contains_the_values_unchanged() {
    try_many(1, Format::Json, |outputs, text| {
        let got: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
        let expected: serde_json::Map<String, Value> = outputs
            .iter()
            .map(|output| (output.name.clone(), output.value.clone()))
            .collect();
        prop_assert_eq!(got, expected);
        Ok(())
    });
}

#[test]
fn a_json_variable_is_one_line_of_the_same_json() {
    for format in [Format::Dotenv, Format::Shell, Format::Properties] {
        TestRunner::new(cases(4))
            .run(&outputs(), |outputs| {
                let options = RenderOptions {
                    json_variable: Some("INFRA".to_owned()),
                    ..options(format)
                };
                let text = match render(&outputs, &options) {
                    Ok(text) => text,
                    Err(error) => {
                        prop_assert!(matches!(error, RenderError::DotenvBytes { .. }), "{error}");
                        return Ok(());
                    }
                };
                prop_assert_eq!(text.lines().count(), 1, "{}", text);
                let pairs = ci_outputs(&outputs, &options).unwrap();
                let expected: serde_json::Map<String, Value> = outputs
                    .iter()
                    .map(|output| (output.name.clone(), output.value.clone()))
                    .collect();
                prop_assert_eq!(
                    serde_json::from_str::<Value>(&pairs[0].1).unwrap(),
                    json!(expected)
                );
                Ok(())
            })
            .unwrap();
    }
}
