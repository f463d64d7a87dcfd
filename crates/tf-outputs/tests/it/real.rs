//! Compares with the real terraform if it is installed: the states that it writes are read back as it
//! prints them itself.
//!
//! Without a counterpart, a test prints that and passes, unless `REQUIRE_COUNTERPARTS=true`.

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

fn in_folder(directory: &Path, args: &[&str]) -> String {
    let output = Command::new("terraform")
        .args(args)
        .current_dir(directory)
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_IN_AUTOMATION", "1")
        .env_remove("TF_WORKSPACE")
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "terraform {args:?}: {message}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn real_states_are_read_as_terraform_prints_them() {
    if !is_there("terraform", "version") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    file(directory.path(), "main.tf", CONFIGURATION);
    in_folder(directory.path(), &["init", "-no-color", "-input=false"]);
    in_folder(
        directory.path(),
        &["apply", "-no-color", "-input=false", "-auto-approve"],
    );
    let printed = in_folder(directory.path(), &["output", "-json", "-no-color"]);
    let printed_values: Map<String, Value> = serde_json::from_str::<Map<String, Value>>(&printed)
        .unwrap()
        .into_iter()
        .map(|(name, output)| (name, output["value"].clone()))
        .collect();
    assert!(printed_values.len() > 15, "{printed}");

    let state = directory.path().join("terraform.tfstate");
    let state = state.to_str().unwrap();
    for ran in [
        run(&["--state", state, "--include-sensitive"]),
        run(&[
            "--from-backend",
            directory.path().to_str().unwrap(),
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
    in_folder(directory.path(), &["workspace", "new", "-no-color", "prod"]);
    in_folder(
        directory.path(),
        &["apply", "-no-color", "-input=false", "-auto-approve"],
    );
    let ran = run(&["--from-backend", directory.path().to_str().unwrap()]);
    assert!(
        ran.stderr
            .contains("terraform.tfstate.d/prod/terraform.tfstate"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.json(), without);
}

/// The server of moto, which ends with the test.
struct Moto {
    child: std::process::Child,
    port: u16,
}

impl Moto {
    fn start() -> Option<Self> {
        // `cargo xtask test` installs it in .tools. Otherwise it is searched on the PATH.
        let installed =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/python/bin/moto_server");
        let program = if installed.is_file() {
            installed.display().to_string()
        } else {
            "moto_server".to_owned()
        };
        if !is_there(&program, "--help") {
            return None;
        }
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let moto = Moto { child, port };
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                std::time::Instant::now() < deadline,
                "moto does not respond"
            );
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Some(moto)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends a request without a signature, which moto accepts.
    fn put(&self, path: &str, body: &str) {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "PUT {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // The server may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Terraform's own s3 backend writes the states, with workspaces and with a lock in place.
#[test]
fn states_that_terraform_stores_in_s3() {
    if !is_there("terraform", "version") {
        return;
    }
    let Some(moto) = Moto::start() else {
        return;
    };
    moto.put("/acme-state", "");
    let directory = tempfile::tempdir().unwrap();
    let backend = format!(
        r#"terraform {{
  backend "s3" {{
    bucket                      = "acme-state"
    key                         = "infra/terraform.tfstate"
    region                      = "us-east-1"
    use_lockfile                = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    endpoints                   = {{ s3 = "{0}", sts = "{0}" }}
  }}
}}
"#,
        moto.url()
    );
    file(directory.path(), "backend.tf", &backend);
    file(
        directory.path(),
        "main.tf",
        "output \"of\" { value = terraform.workspace }\n",
    );
    let credentials = [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    let terraform = |args: &[&str]| {
        let output = Command::new("terraform")
            .args(args)
            .current_dir(directory.path())
            .envs(credentials)
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_WORKSPACE")
            .output()
            .unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "terraform {args:?}: {message}");
    };
    terraform(&["init", "-no-color", "-input=false"]);
    terraform(&["apply", "-no-color", "-input=false", "-auto-approve"]);
    terraform(&["workspace", "new", "-no-color", "prod"]);
    terraform(&["apply", "-no-color", "-input=false", "-auto-approve"]);
    // Another plan is running: its lock blocks writers, but not readers.
    moto.put(
        "/acme-state/env%3A/prod/infra/terraform.tfstate.tflock",
        "{\"ID\":\"1\"}",
    );

    let infra = directory.path().to_str().unwrap();
    let (url, state) = (moto.url(), "s3://acme-state/infra/terraform.tfstate");
    for (args, of) in [
        (vec!["--from-backend", infra], "prod"),
        (
            vec!["--from-backend", infra, "--workspace", "default"],
            "default",
        ),
        (
            vec![
                "--state",
                state,
                "--endpoint-url",
                &url,
                "--region",
                "us-east-1",
            ],
            "default",
        ),
        (
            vec![
                "--state",
                state,
                "--endpoint-url",
                &url,
                "--region",
                "us-east-1",
                "--workspace",
                "prod",
            ],
            "prod",
        ),
    ] {
        let ran = crate::run::run_with(&args, &credentials);
        assert_eq!(
            ran.json(),
            serde_json::json!({"of": of}),
            "{args:?} {}",
            ran.stderr
        );
    }
    let args = [
        "--state",
        state,
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
        "--workspace",
        "dev",
    ];
    let ran = crate::run::run_with(&args, &credentials);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("hint: existing workspaces: prod\n"),
        "{}",
        ran.stderr
    );
}
