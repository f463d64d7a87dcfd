//! Invalid input, each with its exit code and its message.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use crate::run::{file, run, run_on, state};

#[test]
fn each_mistake_has_its_code_and_message() {
    let directory = tempfile::tempdir().unwrap();
    let mut table = String::new();
    for (name, text) in [
        ("empty.tfstate", String::new()),
        ("no-json.tfstate", "cluster = \"prod\"\n".to_owned()),
        (
            "version-3.tfstate",
            r#"{"version":3,"modules":[]}"#.to_owned(),
        ),
        (
            "encrypted.tfstate",
            r#"{"meta":{},"encrypted_data":"x","encryption_version":"v0"}"#.to_owned(),
        ),
        (
            "cut.tfstate",
            state(json!({"a": "hunter2"}))[..60].to_owned(),
        ),
        ("page.tfstate", "<html>".to_owned()),
        (
            "wrapped.json",
            "[command]/usr/bin/terraform output -json\n{}".to_owned(),
        ),
        ("flat.json", r#"{"cluster":"hunter2"}"#.to_owned()),
    ] {
        let path = file(directory.path(), name, text);
        let ran = run(&["--state", &path]);
        assert_eq!(ran.stdout, "");
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        let message = ran
            .stderr
            .replace(directory.path().to_str().unwrap(), "DIR");
        writeln!(table, "exit {}\n{message}", ran.code).unwrap();
    }
    for args in [
        &["--state", "/nowhere/terraform.tfstate"][..],
        &["--state", directory.path().to_str().unwrap()],
        &["--state", "gs://bucket/key"],
        &["--state", "s3://bucket"],
        &["--state", "s3://bu cket/key"],
        &["--state", "s3://bucket/a/../b"],
        &["--state", "https://user:hunter2@example.com/state"],
        &["--state", "https://"],
        &["--state", "hcp://acme"],
        &["--state", "s3:/bucket/key"],
        &["--state", "hcp:acme/web"],
        &["--state", "tfe://host/acme/a%b"],
        &["--state", ""],
        &["--state", "x.json", "--workspace", "prod"],
        &["--state", "-", "--workspace", "prod"],
        &[
            "--state",
            "https://example.com/state",
            "--workspace",
            "prod",
        ],
        &["--state", "s3://bucket/key", "--workspace", "a/b"],
        &["--state", "x", "--json-variable", "if"],
        &["--state", "x", "--state-password-file", "/nowhere/password"],
    ] {
        let ran = run(args);
        assert_eq!(ran.stdout, "");
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        let message = ran
            .stderr
            .replace(directory.path().to_str().unwrap(), "DIR");
        writeln!(table, "exit {}\n{message}", ran.code).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn an_error_shows_what_a_path_is_relative_to() {
    let ran = run(&["--state", "nowhere.tfstate"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("hint: the path is relative to /"),
        "{}",
        ran.stderr
    );
}

#[test]
fn usage_errors_show_what_is_missing() {
    let ran = run(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--state"), "{}", ran.stderr);
    let ran = run(&["--state", "x", "--from-backend", "y"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn a_hundred_megabytes_of_outputs_are_rejected_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("huge.tfstate");
    let mut text = String::from(r#"{"version":4,"outputs":{"#);
    for n in 0..100 {
        text.push_str(&format!(
            "\"o{n}\":{{\"value\":\"{}\"}},",
            "x".repeat(1 << 20)
        ));
    }
    text.push_str("\"last\":{\"value\":1}}}");
    std::fs::write(&path, text).unwrap();
    let ran = run(&["--state", path.to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("the outputs are larger than 8 MiB"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.len() < 600, "{}", ran.stderr);
}

#[test]
fn an_unreadable_file_is_denied() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(directory.path(), "s", "{}");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0);
    std::fs::set_permissions(&path, permissions).unwrap();
    // Root can read every file, so there is nothing to test.
    if std::fs::File::open(&path).is_ok() {
        return;
    }
    assert_eq!(run(&["--state", &path]).code, 4);
}

#[test]
fn terraform_output_json_is_recognized_on_standard_input() {
    let text = json!({"a": {"sensitive": false, "type": "string", "value": "x"}}).to_string();
    assert_eq!(
        run_on(text.as_bytes(), &["--state", "-"]).json(),
        json!({"a": "x"})
    );
    let ran = run_on(b"", &["--state", "-"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("cannot read outputs from standard input: the state is empty"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_write_that_fails_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(directory.path(), "s.tfstate", state(json!({"a": 1})));
    let below_a_file = Path::new(&path).join("out.json");
    let ran = run(&["--state", &path, "--out", below_a_file.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot write"), "{}", ran.stderr);
}

#[test]
fn a_signal_is_handled_while_a_pipe_is_silent() {
    let mut command = crate::run::program(&["--state", "-"]);
    command
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Waiting for a child closes its standard input. This end stays open, so the pipe stays silent.
    let _pipe = child.stdin.take();
    let status = format!("/proc/{}/status", child.id());
    // Before the handler is installed, the signal would end the program directly.
    let caught = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask & (1 << 14) != 0)
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !caught(&std::fs::read_to_string(&status).unwrap()) {
        assert!(std::time::Instant::now() < deadline, "no handler");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
