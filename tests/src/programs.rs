//! Our programs as cargo built them, run with nothing of the caller's environment but PATH.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder that holds the programs of this build: the one this very program lies in.
pub fn folder() -> PathBuf {
    let exe = std::env::current_exe().expect("the path of this program");
    let folder = exe.parent().expect("a program lies in a folder");
    // A test lies one deeper, in deps/.
    if folder.ends_with("deps") {
        folder.parent().expect("deps/ lies in a folder").to_owned()
    } else {
        folder.to_owned()
    }
}

/// A program of the workspace by its name.
///
/// Panics where it was not built, with the command that builds it.
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
        .expect("tests/ lies in the repository")
        .to_owned()
}

/// What a program did.
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

    /// Panics, with everything it said, unless it ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "\nstdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Stdout without the line end.
    pub fn value(&self) -> &str {
        self.stdout.trim_end()
    }
}

/// A command with a scrubbed environment.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    match command.output() {
        Ok(output) => Ran::of(output),
        Err(error) => panic!("cannot start {command:?}: {error}"),
    }
}
