//! The test suites of the workspace: one program for each library, binary and directory of tests,
//! as cargo builds them. The caller decides which of their tests run.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::tools;

/// How many tests of a suite run at the same time. Most long tests wait for a program, a container
/// or a pause, so with more tests than processors none of these are idle.
pub fn threads() -> OsString {
    std::env::var_os("RUST_TEST_THREADS").unwrap_or_else(|| {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        (2 * processors).to_string().into()
    })
}

/// A program with tests.
#[derive(Debug)]
pub struct Suite {
    pub package: String,
    /// The name of the target, e.g. `it`.
    pub target: String,
    /// Whether its tests are in the same file or crate as the code.
    pub is_unit: bool,
    /// The directory of the package.
    pub folder: PathBuf,
    program: PathBuf,
}

/// The result of running a suite.
#[derive(Debug)]
pub struct Outcome {
    pub passed: u32,
    pub failed: u32,
    /// Everything that it printed.
    pub output: String,
    pub took: Duration,
    is_success: bool,
}

impl Outcome {
    pub fn is_success(&self) -> bool {
        self.is_success
    }
}

/// Builds the suites of the whole workspace. Features are the same as in `cargo xtask test`, so
/// that nothing is built twice.
pub fn build() -> Result<Vec<Suite>, String> {
    let mut build = tools::cargo();
    build.args(["test", "--workspace", "--locked", "--no-run"]);
    // The doc comments contain no tests. --bins would also link a program for each main.rs, though
    // its manifest says that it has no tests.
    build.arg("--tests");
    build.arg("--message-format=json-render-diagnostics");
    build.stderr(std::process::Stdio::inherit());
    let output = build
        .output()
        .map_err(|e| format!("cannot start cargo: {e}"))?;
    if !output.status.success() {
        return Err("the tests cannot be built".to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut suites: Vec<Suite> = text.lines().filter_map(suite).collect();
    suites.sort_by_key(Suite::name);
    Ok(suites)
}

/// The suite in one of cargo's messages; `None` if the message is about something else.
fn suite(line: &str) -> Option<Suite> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    let manifest = PathBuf::from(message["manifest_path"].as_str()?);
    let folder = manifest.parent()?.to_owned();
    // E.g. `path+file:///…/crates/rollout#0.1.0` or `path+file:///…/tests#stories@0.1.0`.
    let (path, rest) = message["package_id"].as_str()?.rsplit_once('#')?;
    let package = match rest.split_once('@') {
        Some((name, _)) => name,
        None => path.rsplit('/').next()?,
    };
    Some(Suite {
        package: package.to_owned(),
        target: message["target"]["name"].as_str()?.to_owned(),
        is_unit: message["target"]["kind"][0] != "test",
        folder,
        program: message["executable"].as_str()?.into(),
    })
}

impl Suite {
    /// For people, e.g. `ecr-push it`.
    pub fn name(&self) -> String {
        if self.is_unit {
            return format!("{} unit", self.package);
        }
        format!("{} {}", self.package, self.target)
    }

    /// The names of its tests, e.g. `engine::a_daemon_is_read`.
    pub fn tests(&self) -> Result<Vec<String>, String> {
        let listed = run(self.command().args(["--list", "--format", "terse"]))?;
        let names = listed
            .output
            .lines()
            .filter_map(|l| l.strip_suffix(": test"));
        Ok(names.map(str::to_owned).collect())
    }

    /// The program as cargo starts it: in the directory of its package.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder);
        command.env("CARGO_MANIFEST_DIR", &self.folder);
        command.env("RUST_TEST_THREADS", threads());
        command
    }
}

/// Runs a suite until it ends.
pub fn run(command: &mut Command) -> Result<Outcome, String> {
    let begun = Instant::now();
    let output = command
        .output()
        .map_err(|e| format!("cannot start {}: {e}", command.get_program().display()))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let (passed, failed) = counted(&text);
    Ok(Outcome {
        passed,
        failed,
        output: text,
        took: begun.elapsed(),
        is_success: output.status.success(),
    })
}

/// The numbers in `test result: ok. 88 passed; 0 failed; …`.
fn counted(output: &str) -> (u32, u32) {
    let result = output
        .lines()
        .rfind(|line| line.starts_with("test result: "));
    let count = |what: &str| {
        let words: Vec<&str> = result?.split([' ', ';']).collect();
        let at = words.iter().position(|word| *word == what)?;
        words[at.checked_sub(1)?].parse().ok()
    };
    (
        count("passed").unwrap_or_default(),
        count("failed").unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{counted, suite};

    #[test]
    fn cargo_messages_name_the_suites() {
        let message = |id: &str, kind: &str, test: bool| {
            json!({"reason": "compiler-artifact", "package_id": id, "profile": {"test": test},
                "manifest_path": "/repo/crates/x/Cargo.toml", "executable": "/target/it-1",
                "target": {"name": "it", "kind": [kind]}})
            .to_string()
        };
        let named = |line: &str| suite(line).map(|suite| suite.name());
        let of_folder = "path+file:///repo/crates/rollout#0.1.0";
        let of_name = "path+file:///repo/tests#stories@0.1.0";
        assert_eq!(
            named(&message(of_folder, "test", true)).as_deref(),
            Some("rollout it")
        );
        assert_eq!(
            named(&message(of_name, "lib", true)).as_deref(),
            Some("stories unit")
        );
        assert_eq!(named(&message(of_name, "lib", false)), None);
        assert_eq!(named(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(named("Compiling"), None);
    }

    #[test]
    fn a_result_is_counted() {
        let output = "test a ... ok\n\ntest result: FAILED. 88 passed; 2 failed; 0 ignored; 0 measured; \
                      3 filtered out; finished in 4.10s\n";
        assert_eq!(counted(output), (88, 2));
        assert_eq!(counted("killed"), (0, 0));
    }
}
