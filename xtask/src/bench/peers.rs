//! The tools that ours are compared with, if cargo does not install them. Each has its own Python
//! environment below `.tools/`, so that it cannot affect another tool or the tests.

use std::path::PathBuf;
use std::process::Command;

use stories::programs::repository;

use crate::tools::succeed;

/// A program of a Python package, installed if it is missing.
pub fn python(package: &str, program: &str) -> Result<PathBuf, String> {
    let folder = repository().join(".tools/bench").join(package);
    let installed = folder.join("bin").join(program);
    if !installed.is_file() {
        println!("bench: installing {package} into {}", folder.display());
        let mut venv = Command::new("python3");
        succeed(venv.args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"]);
        succeed(pip.arg(package))?;
    }
    Ok(installed)
}
