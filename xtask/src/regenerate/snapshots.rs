//! The snapshots that insta compares: runs the tests that have them and accepts the results. The
//! reader of the diff decides whether they are right.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stories::programs::repository;

use super::Outcome;
use crate::suites::{self, Suite};
use crate::tools;

/// The file that insta writes instead of an inline snapshot, which is part of a source file.
const PENDING: &str = "pending-snap";

/// Runs the tests that have snapshots. If nothing may change, a failed test is an error.
pub fn regenerate(check: bool) -> Result<Outcome, String> {
    let root = repository();
    if !check && !pending(&root).is_empty() && !has_cargo_insta() {
        return Err(unaccepted(&root));
    }
    let before = snapshots(&root)?;
    let mut failed = Vec::new();
    for suite in suites::build()? {
        let modules = modules(&suite)?;
        if modules.is_empty() {
            continue;
        }
        let mut run = suite.command();
        run.args(modules);
        if check {
            run.env("INSTA_UPDATE", "no");
        } else {
            run.env("INSTA_UPDATE", "always");
            run.env("INSTA_FORCE_PASS", "1");
        }
        let outcome = suites::run(&mut run)?;
        if !outcome.is_success() {
            println!("{}", outcome.output);
            failed.push(suite.name());
        }
    }
    if !failed.is_empty() {
        return Err(format!(
            "tests with snapshots failed: {}\nhint: if only a snapshot differs, run cargo xtask regenerate",
            failed.join(", ")
        ));
    }
    let mut changed = Vec::new();
    let waiting = pending(&root);
    if !waiting.is_empty() {
        if !has_cargo_insta() {
            return Err(unaccepted(&root));
        }
        tools::succeed(tools::cargo().args(["insta", "accept"]))?;
        changed.extend(waiting);
    }
    let after = snapshots(&root)?;
    let differs = |path: &&PathBuf| before.get(*path) != after.get(*path);
    changed.extend(after.keys().filter(differs).map(|path| shown(&root, path)));
    Ok(if changed.is_empty() {
        Outcome::UpToDate
    } else {
        Outcome::Changed(changed)
    })
}

fn unaccepted(root: &Path) -> String {
    format!(
        "inline snapshots wait to be accepted: {}\nhint: install cargo-insta (cargo install cargo-insta) \
         and run cargo insta accept, or edit them in the tests and remove these files",
        pending(root).join(", ")
    )
}

fn has_cargo_insta() -> bool {
    let mut version = tools::cargo();
    let version = version.args(["insta", "--version"]).output();
    version.is_ok_and(|output| output.status.success())
}

/// The module paths of a suite's tests that have snapshots, e.g. `plan::strategy::`.
fn modules(suite: &Suite) -> Result<Vec<String>, String> {
    let sources = if suite.is_unit {
        suite.folder.join("src")
    } else {
        suite.folder.join("tests").join(&suite.target)
    };
    let mut modules = Vec::new();
    for path in files(&sources, "rs") {
        let text = std::fs::read_to_string(&path)
            .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        if text.contains("insta::assert") {
            let module = path.strip_prefix(&sources).unwrap_or(&path);
            let module = module.with_extension("").display().to_string();
            modules.push(format!("{}::", module.replace('/', "::")));
        }
    }
    Ok(modules)
}

fn pending(root: &Path) -> Vec<String> {
    let files = files(&root.join("crates"), PENDING);
    files.iter().map(|path| shown(root, path)).collect()
}

fn snapshots(root: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path)
            .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        Ok((path, text))
    };
    let files = files(&root.join("crates"), "snap");
    files.into_iter().map(read).collect()
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// The files with an extension below a directory, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut next = vec![folder.to_owned()];
    while let Some(folder) = next.pop() {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() {
                next.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
