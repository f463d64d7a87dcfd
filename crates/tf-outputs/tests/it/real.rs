//! Against the real terraform, where there is one: its states, read back as it prints them itself.
//!
//! Without a counterpart a test says so and passes, unless `REQUIRE_COUNTERPARTS=true`.

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

use crate::run::{file, run, run_on};

const CONFIGURATION: &str = r#"
output "text" { value = "plain" }
output "unicode" { value = "größe ✓ 😀 \u2028" }
output "multi_line" { value = "one\ntwo\r\n\tthree\n" }
output "number" { value = 12345678901234567890.125 }
output "integer" { value = 42 }
output "small" { value = 0.1 }
output "yes" { value = true }
output "list" { value = tolist(["a", "b"]) }
output "set" { value = toset(["b", "a"]) }
output "tuple" { value = ["a", 1, false, null] }
output "map" { value = tomap({ k = "v" }) }
output "nested" { value = { a = { b = [{ c = null }, {}] }, "key with blanks" = "x" } }
output "empty" { value = "" }
output "empty_list" { value = [] }
output "nothing" { value = null }
output "with-hyphen" { value = "x" }
output "markup" { value = "<b>&amp;</b> 'single' \"double\" $${literal} %%{x} \\ `tick`" }
output "secret" {
  value     = "hunter2\nsecond line"
  sensitive = true
}
output "secret_object" {
  value     = { password = "hunter3", port = 5432 }
  sensitive = true
}
"#;

/// Whether this program is on the PATH.
pub fn is_there(program: &str, argument: &str) -> bool {
    let found = Command::new(program).arg(argument).output();
    let is_there = found.is_ok_and(|output| output.status.success());
    let is_required = std::env::var("REQUIRE_COUNTERPARTS").as_deref() == Ok("true");
    assert!(
        is_there || !is_required,
        "there is no {program} on the PATH, and it is required"
    );
    is_there
}

fn in_folder(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("terraform")
        .args(args)
        .current_dir(folder)
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_IN_AUTOMATION", "1")
        .env_remove("TF_WORKSPACE")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "terraform {args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn real_states_are_read_as_terraform_prints_them() {
    if !is_there("terraform", "version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "main.tf", CONFIGURATION);
    in_folder(folder.path(), &["init", "-no-color", "-input=false"]);
    in_folder(
        folder.path(),
        &["apply", "-no-color", "-input=false", "-auto-approve"],
    );
    let printed = in_folder(folder.path(), &["output", "-json", "-no-color"]);
    let printed_values: Map<String, Value> = serde_json::from_str::<Map<String, Value>>(&printed)
        .unwrap()
        .into_iter()
        .map(|(name, output)| (name, output["value"].clone()))
        .collect();
    assert!(printed_values.len() > 15, "{printed}");

    let state = folder.path().join("terraform.tfstate");
    let state = state.to_str().unwrap();
    for ran in [
        run(&["--state", state, "--include-sensitive"]),
        run(&[
            "--from-backend",
            folder.path().to_str().unwrap(),
            "--include-sensitive",
        ]),
        run_on(printed.as_bytes(), &["--state", "-", "--include-sensitive"]),
    ] {
        assert_eq!(
            ran.json(),
            Value::Object(printed_values.clone()),
            "{}",
            ran.stderr
        );
    }
    let without = run(&["--state", state]).json();
    assert_eq!(without.as_object().unwrap().len(), printed_values.len() - 2);

    // A workspace of the local backend.
    in_folder(folder.path(), &["workspace", "new", "-no-color", "prod"]);
    in_folder(
        folder.path(),
        &["apply", "-no-color", "-input=false", "-auto-approve"],
    );
    let ran = run(&["--from-backend", folder.path().to_str().unwrap()]);
    assert!(
        ran.stderr
            .contains("terraform.tfstate.d/prod/terraform.tfstate"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.json(), without);
}
