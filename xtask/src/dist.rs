//! `cargo xtask dist`: the static program as it ships, links to it for each program, and what a
//! release says about its files: `SHA256SUMS` and `manifest.json`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use fargate_pipeline::VERBS;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stories::programs::repository;

use crate::tools::{self, succeed};

/// The start of the name of every shipped file. System and machine follow, as in `uname`.
const NAME: &str = "fargate-pipeline-";

/// ELF's program header that names a dynamic loader.
const PT_INTERP: u32 = 3;

/// What to build, and where to write it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Target triple [default: this machine's]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,

    /// Use this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,

    /// Directory to write to
    #[arg(long, value_name = "DIR", default_value = "dist")]
    folder: PathBuf,
}

/// Builds, checks, and copies the files.
pub fn run(args: &Args) -> Result<(), String> {
    let folder = repository().join(&args.folder);
    let host = host()?;
    let target = args.target.clone().unwrap_or_else(|| host.clone());
    let program = match &args.program {
        Some(program) => program.clone(),
        None => build(&target)?,
    };
    let file = ship(&program, &target, &folder)?;
    if target.split('-').next() == host.split('-').next() {
        link(&file, &folder)?;
    }
    describe(&folder, commit().as_deref())
}

/// This machine's target.
pub fn host() -> Result<String, String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .map_err(|e| format!("rustc: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "rustc did not print its host".to_owned())
}

/// Builds the multi-call program as it ships; returns its path.
pub fn build(target: &str) -> Result<PathBuf, String> {
    let maps = path_maps()?;
    let mut cargo = tools::cargo();
    cargo.args(["build", "--locked", "--profile", "dist", "--config"]);
    cargo.arg(format!(
        "target.{target}.rustflags={}",
        json!(rust_flags(&maps))
    ));
    // C code of dependencies names its files in assertions.
    let variable = format!("CFLAGS_{}", target.replace('-', "_"));
    cargo.env(variable, c_flags(&maps).join(" "));
    succeed(cargo.args(["--package", "fargate-pipeline", "--target", target]))?;
    let folder = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| repository().join("target"));
    Ok(folder.join(target).join("dist/fargate-pipeline"))
}

/// The directories that differ from machine to machine, each with the name that the program has for it:
/// the same commit, compiler and target give the same bytes everywhere.
fn path_maps() -> Result<Vec<(String, &'static str)>, String> {
    let failed = |e: std::io::Error| format!("cannot resolve a directory of the build: {e}");
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .ok_or("neither CARGO_HOME nor HOME is set")?;
    let source = repository().canonicalize().map_err(failed)?;
    // rustc takes the last map that fits: the source may be below Cargo's directory, or the reverse.
    let mut maps = vec![(cargo_home, "/cargo"), (source, "/source")];
    maps.sort_by_key(|(path, _)| path.as_os_str().len());
    Ok(maps
        .into_iter()
        .map(|(path, name)| (path.display().to_string(), name))
        .collect())
}

fn rust_flags(maps: &[(String, &str)]) -> Vec<String> {
    let flag = |(path, name): &(String, &str)| format!("--remap-path-prefix={path}={name}");
    maps.iter().map(flag).collect()
}

fn c_flags(maps: &[(String, &str)]) -> Vec<String> {
    let flag = |(path, name): &(String, &str)| format!("-ffile-prefix-map={path}={name}");
    maps.iter().map(flag).collect()
}

/// Copies the program into the directory, under the name that the launcher searches for.
fn ship(program: &Path, target: &str, folder: &Path) -> Result<String, String> {
    let machine = target.split('-').next().unwrap_or_default();
    if !target.contains("-linux-") {
        return Err(format!(
            "{target} is not Linux: releases and the launcher know no other"
        ));
    }
    let name = format!("{NAME}{machine}-linux");
    let failed = |e: std::io::Error| format!("cannot ship {}: {e}", program.display());
    let bytes = std::fs::read(program).map_err(failed)?;
    if !is_static(&bytes).map_err(|why| format!("{}: {why}", program.display()))? {
        return Err(format!("{} is not static", program.display()));
    }
    std::fs::create_dir_all(folder).map_err(failed)?;
    let to = folder.join(&name);
    // A running program cannot be overwritten, only replaced.
    let new = folder.join(format!(".{name}.new"));
    std::fs::write(&new, bytes).map_err(failed)?;
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
    std::fs::rename(&new, &to).map_err(failed)?;
    println!("dist: {}", to.display());
    Ok(name)
}

/// Whether a 64-bit little-endian ELF program needs no dynamic loader.
fn is_static(bytes: &[u8]) -> Result<bool, String> {
    let part = |at: usize, length: usize| {
        bytes
            .get(at..at.saturating_add(length))
            .ok_or_else(|| "a broken ELF file".to_owned())
    };
    let number = |at: usize, length: usize| -> Result<usize, String> {
        let value = part(at, length)?
            .iter()
            .rev()
            .fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
        usize::try_from(value).map_err(|_| "a broken ELF file".to_owned())
    };
    if part(0, 6)? != b"\x7fELF\x02\x01" {
        return Err("no ELF program of 64 bits".to_owned());
    }
    let (table, size, count) = (number(0x20, 8)?, number(0x36, 2)?, number(0x38, 2)?);
    for header in 0..count {
        if number(table.saturating_add(header * size), 4)? == PT_INTERP as usize {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Links for the programs, so that a shell finds them on PATH.
fn link(file: &str, folder: &Path) -> Result<(), String> {
    for verb in VERBS {
        let link = folder.join(verb.name);
        let linked = match std::fs::remove_file(&link) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
            _ => std::os::unix::fs::symlink(file, &link),
        };
        linked.map_err(|e| format!("cannot link {}: {e}", link.display()))?;
    }
    Ok(())
}

/// The commit of the source; none outside of a Git repository.
pub fn commit() -> Option<String> {
    let mut git = Command::new("git");
    let output = git
        .current_dir(repository())
        .args(["rev-parse", "HEAD"])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Writes SHA256SUMS and manifest.json for the shipped files in the directory.
fn describe(folder: &Path, commit: Option<&str>) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let manifest = manifest(folder, commit)?;
    let mut sums = String::new();
    for program in manifest["programs"].as_array().into_iter().flatten() {
        let text = |name: &str| program[name].as_str().unwrap_or_default();
        sums.push_str(&format!("{}  {}\n", text("sha256"), text("file")));
    }
    std::fs::write(folder.join("SHA256SUMS"), sums).map_err(failed)?;
    std::fs::write(folder.join("manifest.json"), format!("{manifest:#}\n")).map_err(failed)
}

/// What manifest.json contains: version, commit, commands, and the programs in the directory.
///
/// # Errors
/// If the directory cannot be read or contains no program.
pub fn manifest(folder: &Path, commit: Option<&str>) -> Result<Value, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry
            .map_err(failed)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if name.starts_with(NAME) {
            names.push(name);
        }
    }
    names.sort();
    if names.is_empty() {
        return Err(format!(
            "{} contains no program: run cargo xtask dist",
            folder.display()
        ));
    }
    let mut programs = Vec::new();
    for name in names {
        let bytes = std::fs::read(folder.join(&name)).map_err(failed)?;
        let hash = Sha256::digest(&bytes);
        let sum = hash
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let platform = name.trim_start_matches(NAME).to_owned();
        programs
            .push(json!({"file": name, "platform": platform, "sha256": sum, "bytes": bytes.len()}));
    }
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": commit,
        "verbs": VERBS.map(|verb| verb.name),
        "programs": programs,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::Command;

    use super::{describe, is_static, link, ship};

    /// The smallest ELF file that has one program header of this type.
    fn elf(kind: u8) -> Vec<u8> {
        let mut bytes = vec![0u8; 0x40 + 0x38];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[0x20] = 0x40;
        bytes[0x36] = 0x38;
        bytes[0x38] = 1;
        bytes[0x40] = kind;
        bytes
    }

    #[test]
    fn a_program_with_a_loader_is_not_shipped() {
        assert_eq!(is_static(&elf(1)), Ok(true));
        assert_eq!(is_static(&elf(3)), Ok(false));
        assert!(is_static(&elf(1)[..0x50]).is_ok());
        assert!(is_static(&elf(1)[..0x30]).is_err());
        assert!(is_static(b"#!/bin/sh\n").is_err());
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        std::fs::write(&program, elf(3)).unwrap();
        let refused = ship(&program, "x86_64-unknown-linux-musl", folder.path()).unwrap_err();
        assert!(refused.contains("is not static"), "{refused}");
        std::fs::write(&program, elf(1)).unwrap();
        let refused = ship(&program, "aarch64-apple-darwin", folder.path()).unwrap_err();
        assert!(refused.contains("is not Linux"), "{refused}");
    }

    #[test]
    fn a_release_has_its_links_sums_and_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("dist");
        let program = folder.path().join("program");
        std::fs::write(&program, elf(1)).unwrap();
        for target in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"] {
            ship(&program, target, &dist).unwrap();
        }
        for _ in 0..2 {
            link("fargate-pipeline-x86_64-linux", &dist).unwrap();
        }
        describe(&dist, Some("5c0ffee")).unwrap();
        let linked = std::fs::read_link(dist.join("ecr-push")).unwrap();
        assert_eq!(linked.to_str(), Some("fargate-pipeline-x86_64-linux"));
        let mut check = Command::new("sha256sum");
        let checked = check
            .args(["--check", "--strict", "SHA256SUMS"])
            .current_dir(&dist);
        assert!(checked.output().unwrap().status.success());
        let manifest = std::fs::read_to_string(dist.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(manifest["commit"], "5c0ffee");
        assert_eq!(manifest["programs"][0]["platform"], "aarch64-linux");
        assert_eq!(manifest["programs"][1]["bytes"], 0x78);
    }

    #[test]
    fn an_empty_directory_is_not_a_release() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            describe(folder.path(), None)
                .unwrap_err()
                .contains("cargo xtask dist")
        );
    }
}
