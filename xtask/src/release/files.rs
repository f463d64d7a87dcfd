//! The files of a rehearsed release: what the build jobs make, what is taken from the source, what is published.

use std::path::Path;
use std::process::Command;

use fakes::Release;
use sha2::{Digest, Sha256};

/// The programs, and what runs if one is executed.
pub const PROGRAMS: [(&str, &str); 2] = [
    (
        "fargate-pipeline-x86_64-linux",
        "#!/bin/sh\ntouch \"$TRAP\"\n",
    ),
    (
        "fargate-pipeline-aarch64-linux",
        "#!/bin/sh\ntouch \"$TRAP\"\n# arm64\n",
    ),
];

/// The other files of the build jobs, except manifest.json.
pub const DESCRIPTIONS: [(&str, &str); 4] = [
    (
        "fargate-pipeline.cdx.json",
        "{\"bomFormat\": \"CycloneDX\"}\n",
    ),
    ("THIRD-PARTY-NOTICES.txt", "notices\n"),
    ("completions/ecr-push.bash", "complete\n"),
    ("man/fargate-pipeline-ecr-push.1", ".TH\n"),
];

/// What the release takes from the checkout.
pub const SOURCES: [&str; 8] = [
    ".github/release/gate.sh",
    ".github/release/publish.sh",
    "CHANGELOG.md",
    "LICENSE",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "install.sh",
];

/// The published files besides the programs.
pub const ASSETS: [&str; 8] = [
    "SHA256SUMS",
    "THIRD-PARTY-NOTICES.txt",
    "fargate-pipeline-aarch64-linux.tar.gz",
    "fargate-pipeline-x86_64-linux.tar.gz",
    "fargate-pipeline.cdx.json",
    "fargate-pipeline.rb",
    "install.sh",
    "manifest.json",
];

/// What the build jobs reported. A malicious one may report anything as its own output.
#[derive(Debug, Clone)]
pub struct Reported {
    pub x86_64: String,
    pub aarch64: String,
    pub rebuilt: String,
    pub descriptions: String,
}

/// The SHA-256 of a file.
pub fn sha256(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(text)?;
    let hash = Sha256::digest(bytes);
    Ok(hash
        .iter()
        .fold(String::new(), |sum, byte| format!("{sum}{byte:02x}")))
}

/// The programs are published with the bytes that were built, plain and in an archive, and SHA256SUMS and the
/// formula have their checksums.
pub fn expect_built(folder: &Path, release: &Release) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(text)?;
    for asset in &release.assets {
        std::fs::write(folder.join(&asset.name), &asset.content).map_err(text)?;
    }
    let mut sums = Command::new("sha256sum");
    sums.args(["--check", "--strict", "--quiet", "SHA256SUMS"]);
    let checked = sums.current_dir(folder).output().map_err(text)?;
    if !checked.status.success() {
        return Err(String::from_utf8_lossy(&checked.stderr).into_owned());
    }
    let formula = std::fs::read_to_string(folder.join("fargate-pipeline.rb")).map_err(text)?;
    let sums = std::fs::read_to_string(folder.join("SHA256SUMS")).map_err(text)?;
    for (name, content) in PROGRAMS {
        let plain = std::fs::read(folder.join(name)).map_err(text)?;
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--to-stdout", "--file"]);
        tar.args([format!("{name}.tar.gz"), format!("{name}/fargate-pipeline")]);
        let packed = tar.current_dir(folder).output().map_err(text)?;
        if plain != content.as_bytes() || packed.stdout != plain {
            return Err(format!("{name} has other bytes"));
        }
        let archive = format!("  {name}.tar.gz");
        let sum = sums.lines().find_map(|line| line.strip_suffix(&archive));
        let sum = sum.ok_or(format!("SHA256SUMS lacks {name}.tar.gz"))?;
        if !formula.contains(sum) {
            return Err(format!("the formula lacks {name}"));
        }
    }
    Ok(())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
