//! Our programs as cargo built them, run with no environment variables of the caller except PATH.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The directory with the programs of this build, which also contains the running program.
pub fn folder() -> PathBuf {
    let exe = std::env::current_exe().expect("the path of this program");
    let folder = exe.parent().expect("a program is in a directory");
    // Tests are one level deeper, in deps/.
    if folder.ends_with("deps") {
        folder.parent().expect("deps/ is in a directory").to_owned()
    } else {
        folder.to_owned()
    }
}

/// The path of a program of the workspace.
///
/// # Panics
/// If it has not been built; the message contains the command that builds it.
pub fn program(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(
        path.is_file(),
        "{} is not there: run cargo build --workspace --bins",
        path.display()
    );
    path
}

/// The repository's root.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("tests/ is in the repository")
        .to_owned()
}

/// How a program ended and what it printed.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Panics with the complete output if the exit code is a different one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "\nstdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Stdout without the final newline.
    pub fn value(&self) -> &str {
        self.stdout.trim_end()
    }
}

/// A command without the caller's environment, except PATH.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// Runs a command until it exits.
pub fn run(command: &mut Command) -> Ran {
    match command.output() {
        Ok(output) => Ran::of(output),
        Err(error) => panic!("cannot start {command:?}: {error}"),
    }
}
