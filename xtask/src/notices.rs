//! THIRD-PARTY-NOTICES.txt: the licenses of everything that is linked into the program.
//!
//! Decided here: which files of a crate are license texts, and what applies to a crate that has none. Never here:
//! which licenses are allowed; deny.toml decides that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stories::programs::repository;

use crate::linked::Crate;

/// How license files begin, in upper case.
const BEGINNINGS: [&str; 6] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "UNLICENSE",
];

/// Endings of files that are named like a license, but are code or settings.
const OTHERS: [&str; 6] = ["rs", "toml", "json", "html", "yml", "sh"];

/// Bundled sources of C libraries have their license one or two directories below the crate.
const DEPTH: usize = 3;

/// zstd may be used under the BSD license or the GPL, and this project uses it under the BSD license.
const NOT_CHOSEN: &str = "GNU GENERAL PUBLIC LICENSE";

const RULE: &str =
    "================================================================================";

/// What is linked, but is not a crate.
const RUNTIME: [&str; 2] = [
    "Rust standard library — MIT OR Apache-2.0 — https://github.com/rust-lang/rust",
    "musl — MIT — https://musl.libc.org — Copyright © 2005-2020 Rich Felker, et al.",
];

/// The notices.
///
/// # Errors
/// If a license file cannot be read, or a crate has none and its license is neither MIT nor Apache-2.0.
pub fn text(crates: &[Crate], version: &str) -> Result<String, String> {
    let mut list = String::new();
    // Normalized text → the text as written, and the crates that have it.
    let mut texts: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for one in crates.iter().filter(|one| !one.is_ours()) {
        let name = format!("{} {}", one.id.0, one.id.1);
        let repository = one.repository.as_deref().unwrap_or("no repository");
        list.push_str(&format!("{name} — {} — {repository}\n", one.license));
        let mut of_crate = license_texts(&one.folder)?;
        if of_crate.is_empty() {
            of_crate.push(standard_text(one)?);
        }
        for text in of_crate {
            let key: Vec<&str> = text.split_whitespace().collect();
            let (_, names) = texts.entry(key.join(" ")).or_insert((text, Vec::new()));
            if !names.contains(&name) {
                names.push(name.clone());
            }
        }
    }
    let mut notices = format!(
        "Third-party notices of fargate-pipeline {version}\n\n\
         The program is linked with the following. The texts of the licenses are below.\n\n{}\n{list}",
        RUNTIME.join("\n")
    );
    let mut texts: Vec<(String, Vec<String>)> = texts.into_values().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    for (text, names) in texts {
        let text = text.trim_matches('\n');
        notices.push_str(&format!(
            "\n{RULE}\n{}\n{RULE}\n\n{text}\n",
            names.join(", ")
        ));
    }
    Ok(notices)
}

/// The license texts in the directory of a crate, sorted by path.
fn license_texts(folder: &Path) -> Result<Vec<String>, String> {
    let mut files = Vec::new();
    find(folder, DEPTH, &mut files)?;
    files.sort();
    let mut texts = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let text = String::from_utf8_lossy(&bytes).replace('\r', "");
        if !text.contains(NOT_CHOSEN) {
            texts.push(text);
        }
    }
    Ok(texts)
}

fn find(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let path = entry.path();
        if kind.is_dir() && depth > 1 {
            find(&path, depth - 1, found)?;
        } else if kind.is_file() && is_license(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_license(path: &Path) -> bool {
    let part = |part: Option<&std::ffi::OsStr>| part.map(|p| p.to_string_lossy().into_owned());
    let name = part(path.file_name()).unwrap_or_default().to_uppercase();
    let ending = part(path.extension()).unwrap_or_default();
    BEGINNINGS
        .iter()
        .any(|beginning| name.starts_with(beginning))
        && !OTHERS.contains(&ending.as_str())
}

/// The text for a crate that contains no license file.
fn standard_text(one: &Crate) -> Result<String, String> {
    let (name, version) = &one.id;
    let is_offered = |license: &str| one.license.split(" OR ").any(|choice| choice == license);
    let file = match () {
        () if is_offered("MIT") => "LICENSE-MIT",
        () if is_offered("Apache-2.0") => "LICENSE-APACHE",
        () => {
            return Err(format!(
                "{name} {version} has the license {} and no file with its text: add the text",
                one.license
            ));
        }
    };
    let path = repository().join(file);
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let holder = match one.authors.as_slice() {
        [] => format!("Copyright (c) the authors of {name}"),
        authors => format!("Copyright (c) {}", authors.join(", ")),
    };
    let lines: Vec<&str> = text
        .lines()
        .map(|line| {
            if line.starts_with("Copyright (c)") {
                holder.as_str()
            } else {
                line
            }
        })
        .collect();
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::{is_license, text};
    use crate::linked;

    #[test]
    fn every_linked_crate_is_listed_with_the_text_of_its_license() {
        let crates = linked::crates().unwrap();
        let notices = text(&crates, "1.0.0").unwrap();
        assert_eq!(notices, text(&crates, "1.0.0").unwrap());
        for one in &crates {
            let name = format!("{} {}", one.id.0, one.id.1);
            let listed = format!("\n{name} — {} — ", one.license);
            let headed = notices
                .lines()
                .any(|line| line.split(", ").any(|item| item == name));
            assert_eq!(
                notices.contains(&listed),
                !one.is_ours(),
                "{name} in the list"
            );
            assert_eq!(headed, !one.is_ours(), "{name} above a text");
        }
        for part in [
            "Rich Felker",
            "Brian Smith",
            "Facebook",
            "Eric Biggers",
            "fiat-crypto",
        ] {
            assert!(notices.contains(part), "the notices lack {part}");
        }
        assert!(!notices.contains("GNU GENERAL PUBLIC LICENSE"));
        assert!(!notices.contains(env!("CARGO_MANIFEST_DIR")));
    }

    #[test]
    fn license_files_are_known_by_their_names() {
        for name in [
            "LICENSE",
            "LICENSE-MIT",
            "license.md",
            "COPYING",
            "LICENCE.txt",
            "UNLICENSE",
        ] {
            assert!(is_license(Path::new(name)), "{name}");
        }
        for name in ["licenses.rs", "README.md", "license.html", "src"] {
            assert!(!is_license(Path::new(name)), "{name}");
        }
    }
}
