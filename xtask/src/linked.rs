//! The crates that are linked into the program of a release, for the notices and the SBOM.
//!
//! Decided here: which crates these are, as Cargo resolves them for the released platforms. Build scripts, macros
//! and tests are not linked. Never here: what is written about a crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use stories::programs::repository;

use crate::tools;

/// The targets of a release.
pub const TARGETS: [&str; 2] = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];

/// Name and version, in the order of the notices and the SBOM.
pub type Id = (String, String);

/// A linked crate.
#[derive(Debug)]
pub struct Crate {
    pub id: Id,
    /// An SPDX expression, e.g. `MIT OR Apache-2.0`.
    pub license: String,
    pub authors: Vec<String>,
    pub repository: Option<String>,
    /// The directory with its source.
    pub folder: PathBuf,
    /// SHA-256 of the file that Cargo downloads; none for a crate of this workspace.
    pub checksum: Option<String>,
    pub depends_on: BTreeSet<Id>,
}

impl Crate {
    /// Whether it is a crate of this workspace.
    pub fn is_ours(&self) -> bool {
        self.checksum.is_none()
    }
}

/// All linked crates, sorted by name and version.
///
/// # Errors
/// If Cargo fails, or reports a crate without a license.
pub fn crates() -> Result<Vec<Crate>, String> {
    let mut linked = BTreeSet::new();
    for target in TARGETS {
        let tree = cargo(&[
            "tree",
            "--locked",
            "--package=fargate-pipeline",
            "--edges=normal,no-proc-macro",
            "--prefix=none",
            "--no-dedupe",
            "--format={p}",
            "--target",
            target,
        ])?;
        linked.extend(tree.lines().filter_map(id_in_tree));
    }
    let metadata = cargo(&["metadata", "--format-version=1", "--locked"])?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|e| e.to_string())?;
    let lock = repository().join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
    described(&linked, &metadata, &checksums(&lock))
}

fn cargo(args: &[&str]) -> Result<String, String> {
    let output = tools::cargo()
        .args(args)
        .output()
        .map_err(|e| format!("cannot start cargo: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("cargo {}: {why}", args.join(" ")))
}

/// The crate in a line of `cargo tree`, e.g. `ring v0.17.14` or `rollout v1.0.0 (/path)`.
fn id_in_tree(line: &str) -> Option<Id> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let version = words.next()?.strip_prefix('v')?;
    Some((name.to_owned(), version.to_owned()))
}

/// The checksums in Cargo.lock, which Cargo writes with one member per line.
fn checksums(lock: &str) -> BTreeMap<Id, String> {
    let member = |block: &str, name: &str| {
        let start = format!("{name} = \"");
        let line = block.lines().find_map(|line| line.strip_prefix(&start))?;
        line.strip_suffix('"').map(str::to_owned)
    };
    let blocks = lock.split("[[package]]").skip(1);
    let checksum = |block: &str| {
        let id = (member(block, "name")?, member(block, "version")?);
        Some((id, member(block, "checksum")?))
    };
    blocks.filter_map(checksum).collect()
}

fn described(
    linked: &BTreeSet<Id>,
    metadata: &Value,
    checksums: &BTreeMap<Id, String>,
) -> Result<Vec<Crate>, String> {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut ids = BTreeMap::new();
    for package in items(&metadata["packages"]) {
        let id = text(&package["name"]).zip(text(&package["version"]));
        if let Some((id, key)) = id.zip(text(&package["id"])) {
            ids.insert(key, id);
        }
    }
    let mut edges = BTreeMap::new();
    for node in items(&metadata["resolve"]["nodes"]) {
        let is_normal = |dependency: &&Value| {
            let kinds = items(&dependency["dep_kinds"]);
            kinds.iter().any(|kind| kind["kind"].is_null())
        };
        let dependencies = items(&node["deps"]);
        let dependencies = dependencies.iter().filter(is_normal);
        let dependencies = dependencies.filter_map(|d| ids.get(d["pkg"].as_str()?).cloned());
        let dependencies: BTreeSet<Id> = dependencies.filter(|id| linked.contains(id)).collect();
        if let Some(id) = node["id"].as_str().and_then(|key| ids.get(key)) {
            edges.insert(id.clone(), dependencies);
        }
    }
    let mut crates = Vec::new();
    for package in items(&metadata["packages"]) {
        let id = text(&package["name"]).zip(text(&package["version"]));
        let Some(id) = id.filter(|id| linked.contains(id)) else {
            continue;
        };
        let license = text(&package["license"]);
        let license = license.ok_or_else(|| format!("{} {} names no license", id.0, id.1))?;
        let manifest = text(&package["manifest_path"]).unwrap_or_default();
        let folder = Path::new(&manifest).parent().map(Path::to_owned);
        crates.push(Crate {
            license: expression(&license),
            authors: items(&package["authors"]).iter().filter_map(text).collect(),
            repository: text(&package["repository"]),
            folder: folder.unwrap_or_default(),
            checksum: checksums.get(&id).cloned(),
            depends_on: edges.remove(&id).unwrap_or_default(),
            id,
        });
    }
    crates.sort_by(|a, b| a.id.cmp(&b.id));
    let found: BTreeSet<&Id> = crates.iter().map(|one| &one.id).collect();
    match linked.iter().find(|id| !found.contains(id)) {
        Some((name, version)) => Err(format!("cargo metadata lacks {name} {version}")),
        None => Ok(crates),
    }
}

/// The SPDX expression that an old manifest means with a slash.
fn expression(license: &str) -> String {
    let parts: Vec<&str> = license.split('/').map(str::trim).collect();
    parts.join(" OR ")
}

#[cfg(test)]
mod tests {
    use super::{checksums, crates, expression, id_in_tree};

    #[test]
    fn the_linked_crates_are_those_of_the_program() {
        let crates = crates().expect("cargo works");
        let names: Vec<&str> = crates.iter().map(|one| one.id.0.as_str()).collect();
        for linked in ["ring", "rustls", "tokio", "ecr-push", "webpki-root-certs"] {
            assert!(names.contains(&linked), "{linked} is missing");
        }
        // Macros, build scripts, tests, development commands, other systems.
        for other in [
            "serde_derive",
            "cc",
            "insta",
            "fakes",
            "xtask",
            "clap_mangen",
            "windows-sys",
        ] {
            assert!(!names.contains(&other), "{other} is not linked");
        }
        for one in &crates {
            let is_ours = one.folder.starts_with(stories::programs::repository());
            assert_eq!(one.is_ours(), is_ours, "{one:?}");
            let checksum = one.checksum.as_deref().unwrap_or_default();
            assert!(is_ours || checksum.len() == 64, "{one:?}");
        }
    }

    #[test]
    fn cargo_is_read_as_it_writes() {
        let id = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(id_in_tree("ring v0.17.14"), Some(id("ring", "0.17.14")));
        assert_eq!(
            id_in_tree("rollout v1.0.0 (/source/crates/rollout)"),
            Some(id("rollout", "1.0.0"))
        );
        assert_eq!(id_in_tree(""), None);
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\nsource = \"x\"\n\
                    checksum = \"5c0ffee\"\n\n[[package]]\nname = \"ours\"\nversion = \"1.0.0\"\n";
        let found = checksums(lock);
        assert_eq!(
            found.get(&id("a", "1.2.3")).map(String::as_str),
            Some("5c0ffee")
        );
        assert_eq!(found.len(), 1);
        assert_eq!(expression("MIT/Apache-2.0"), "MIT OR Apache-2.0");
        assert_eq!(expression("Apache-2.0 / MIT"), "Apache-2.0 OR MIT");
        assert_eq!(
            expression("(MIT OR Apache-2.0) AND Unicode-3.0"),
            "(MIT OR Apache-2.0) AND Unicode-3.0"
        );
    }
}
