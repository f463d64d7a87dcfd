//! What the tests need besides a Rust toolchain, installed where it does not affect anything else:
//! Python and Node tools in the ignored `.tools/`, Debian packages if they may be installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use stories::counterparts::find;
use stories::programs::repository;

/// Program → the Debian package that contains it.
const DEBIAN: [(&str, &str); 10] = [
    ("buildah", "buildah"),
    ("busybox", "busybox-static"),
    ("docker-registry", "docker-registry"),
    ("dockerd", "docker.io"),
    ("groovy", "groovy"),
    ("java", "default-jre-headless"),
    ("jq", "jq"),
    ("rsync", "rsync"),
    ("shellcheck", "shellcheck"),
    ("skopeo", "skopeo"),
];

/// Installs what is missing. Returns one line for each thing that could not be installed.
pub fn install() -> Vec<String> {
    let mut missing = Vec::new();
    missing.extend(debian().err());
    missing.extend(python().err());
    missing.extend(node().err());
    missing
}

/// The directory with AWS's service models in pip's botocore, if it is installed.
pub fn botocore() -> Option<PathBuf> {
    let lib = repository().join(".tools/python/lib");
    std::fs::read_dir(lib)
        .ok()?
        .filter_map(Result::ok)
        .map(|python| python.path().join("site-packages/botocore"))
        .find(|folder| folder.is_dir())
}

fn debian() -> Result<(), String> {
    let missing: Vec<&str> = DEBIAN
        .into_iter()
        .filter(|(program, _)| find(program).is_none())
        .map(|(_, package)| package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let sentence = format!("install the Debian packages {packages}");
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if find("apt-get").is_none() || !is_root {
        return Err(format!(
            "{sentence} (this needs Debian or Ubuntu, and root)"
        ));
    }
    println!("tools: installing the Debian packages {packages}");
    let apt = |args: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive")
            .arg("-qq")
            .args(args);
        succeed(&mut apt)
    };
    apt(&["update"])
        .and_then(|()| apt(&[&["install", "-y", "--no-install-recommends"], &missing[..]].concat()))
        .map_err(|why| format!("{sentence} ({why})"))
}

fn python() -> Result<(), String> {
    let folder = repository().join(".tools/python");
    let requirements = repository().join("tests/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).map_err(|e| e.to_string())?;
    let stamp = folder.join("requirements.installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!(
        "tools: installing {} into .tools/python",
        requirements.display()
    );
    let sentence = "install Python 3 with venv and pip, and let pip reach its index";
    let install = || {
        succeed(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&folder),
        )?;
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ]);
        succeed(pip.arg(&requirements))
    };
    install().map_err(|why| format!("{sentence} ({why})"))?;
    write(&stamp, &wanted)
}

/// Node programs, and a Node that is new enough for them (npm carries one for Linux on x86-64).
fn node() -> Result<(), String> {
    let folder = repository().join(".tools/node");
    let wanted = repository().join("tests/node/package.json");
    let wanted = std::fs::read_to_string(&wanted).map_err(|e| e.to_string())?;
    let stamp = folder.join("package.installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("tools: installing the programs of tests/node/package.json into .tools/node");
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    write(&folder.join("package.json"), &wanted)?;
    let mut npm = Command::new("npm");
    npm.current_dir(&folder);
    npm.args([
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--loglevel=error",
    ]);
    let sentence = "install npm, and let it reach its registry";
    succeed(&mut npm).map_err(|why| format!("{sentence} ({why})"))?;
    write(&stamp, &wanted)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// cargo as a person calls it. The variables that `cargo run` sets for this program's package must
/// not reach the next cargo: the build script of ring would treat them as a change, and everything
/// that depends on it would be rebuilt.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(repository());
    for (name, _) in std::env::vars_os() {
        let is_ours = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if is_ours {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs a command until it ends and shows its output.
pub fn succeed(command: &mut Command) -> Result<(), String> {
    let shown = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown} failed: {status}")),
        Err(error) => Err(format!("cannot start {shown}: {error}")),
    }
}
