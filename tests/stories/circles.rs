//! No two source files of a crate import each other, directly or through others.
//!
//! Decided here: which files form a circle. What counts as an import is decided in `imports`.

mod imports;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use imports::{Imports, imports_of};
use stories::programs::repository;

/// Files of `fakes` that may stay in a circle, each with the reason.
const ALLOWED_IN_FAKES: [(&str, &str); 0] = [];

#[test]
fn no_files_import_each_other() {
    let mut found = String::new();
    for folder in std::fs::read_dir(repository().join("crates")).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let imports = imports_of(&folder.join("src"));
        for circle in circles(&imports) {
            let is_allowed = |file: &&str| ALLOWED_IN_FAKES.iter().any(|(f, _)| f == file);
            if name != "fakes" || !circle.iter().all(is_allowed) {
                found += &description(name, &circle, &imports);
            }
        }
    }
    assert!(found.is_empty(), "files import each other:\n{found}");
}

#[test]
fn a_circle_is_found_through_names_that_a_third_file_passes_on() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod a; mod b; mod room; mod tested;");
    write(
        "a.rs",
        "use crate::room::Chair; pub struct Table; fn sit(_: Chair) {}",
    );
    write(
        "b.rs",
        "pub fn call() { let _ = format!(\"{}\", crate::a::Table); }",
    );
    write("room/mod.rs", "mod chair; mod lamp; pub use chair::Chair;");
    // In a macro and by a path, so that neither hides an import.
    write(
        "room/chair.rs",
        "pub struct Chair; fn f() { println!(\"{}\", crate::b::call()); }",
    );
    // A child that names its sibling through the parent imports the sibling alone.
    write(
        "room/lamp.rs",
        "use super::{Chair, chair}; // crate::tested::T\nfn f(_: Chair) { chair::g() }",
    );
    write(
        "tested.rs",
        "pub struct T; #[cfg(test)] mod tests { use crate::room::Chair; } \
         #[cfg(test)] use crate::tested_by::X;",
    );
    let imports = imports_of(folder.path());
    let found: Vec<_> = circles(&imports)
        .into_iter()
        .map(|circle| circle.into_iter().collect::<Vec<_>>())
        .collect();
    assert_eq!(found, [["a.rs", "b.rs", "room/chair.rs"]]);
    assert!(!imports.contains_key("tested.rs"), "tests do not count");
}

#[test]
fn a_child_that_uses_what_its_calling_parent_defines_is_a_circle() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("lib.rs"),
        "mod child; pub struct State; pub fn run() { child::go(&State) }",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("child.rs"),
        "pub fn go(_: &super::State) {}",
    )
    .unwrap();
    let imports = imports_of(folder.path());
    assert_eq!(
        description("house", &circles(&imports)[0], &imports),
        "house: 2 files\n  \
         child.rs imports lib.rs (super::State)\n  \
         lib.rs imports child.rs (child::go)\n"
    );
}

/// Groups of two files or more that all reach each other.
fn circles(imports: &Imports) -> Vec<BTreeSet<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = imports
        .keys()
        .map(|from| (from.as_str(), reached_from(from, imports)))
        .collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (from, reaches) in &reached {
        let circle: BTreeSet<&str> = reaches
            .iter()
            .copied()
            .filter(|to| reached.get(to).is_some_and(|back| back.contains(from)))
            .collect();
        if circle.len() > 1 && seen.insert(circle.clone()) {
            found.push(circle);
        }
    }
    found
}

fn reached_from<'i>(from: &str, imports: &'i Imports) -> BTreeSet<&'i str> {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(file) = next.pop() {
        for to in imports.get(file).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(to.as_str()) {
                next.push(to);
            }
        }
    }
    seen
}

fn description(name: &str, circle: &BTreeSet<&str>, imports: &Imports) -> String {
    let mut text = format!("{name}: {} files\n", circle.len());
    for from in circle {
        for (to, paths) in &imports[*from] {
            if circle.contains(to.as_str()) {
                let paths: Vec<_> = paths.iter().map(String::as_str).collect();
                let from = Path::new(from).display();
                let _ = writeln!(text, "  {from} imports {to} ({})", paths.join(", "));
            }
        }
    }
    text
}
