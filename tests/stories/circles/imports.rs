//! Which file of a crate imports which other.
//!
//! An import is a path that leads to an item which another file defines, in a `use`, a macro or
//! plain code. A name that a module only passes on counts as an import of the file that defines
//! it, so a folder's `mod.rs` does not form a circle with the files whose names it re-exports.
//! Parts for tests (`#[cfg(test)]`) and method calls do not count: a method belongs to a type, and
//! whoever uses the type has a path to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::source::{self, Module};

/// File → files that it imports → the paths that do so. Files are relative to the crate's `src`.
pub(super) type Imports = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Module path → module.
type Tree = BTreeMap<Vec<String>, Module>;

/// How many names in a row may pass on another, e.g. `pub use a::X` of a `pub use b::X`.
const MAX_PASSED_ON: usize = 16;

/// Reads the crate whose sources are in `src`, from its `lib.rs`, or `main.rs` if it has none.
pub(super) fn imports_of(src: &Path) -> Imports {
    let root = ["lib.rs", "main.rs"]
        .into_iter()
        .find(|root| src.join(root).is_file())
        .unwrap_or_else(|| panic!("{} has no root", src.display()));
    let tree = source::read(src, root);
    let mut imports = Imports::new();
    for (at, module) in &tree {
        let names = module.paths.iter().chain(
            module
                .aliases
                .iter()
                .filter(|(name, alias)| !alias.is_public || module.is_used(name))
                .map(|(_, alias)| &alias.path),
        );
        for path in names.chain(&module.globs) {
            match resolve(&tree, at, path, 0) {
                Some(file) if *file != module.file => {
                    let to = imports.entry(module.file.clone()).or_default();
                    let paths = to.entry(file.to_owned()).or_default();
                    paths.insert(path.join("::"));
                }
                _ => {}
            }
        }
    }
    imports
}

/// The file that defines the item a path leads to: none for a path out of the crate, and none for
/// a module by itself, whose items count as they are used.
fn resolve<'t>(tree: &'t Tree, at: &[String], path: &[String], depth: usize) -> Option<&'t str> {
    match walk(tree, at, path, depth)? {
        Definition::Item(file) => Some(file),
        Definition::Module(module) if path.last().is_some_and(|last| last == "*") => {
            Some(&tree[&module].file)
        }
        Definition::Module(_) => None,
    }
}

enum Definition<'t> {
    Item(&'t str),
    Module(Vec<String>),
}

fn walk<'t>(
    tree: &'t Tree,
    at: &[String],
    path: &[String],
    depth: usize,
) -> Option<Definition<'t>> {
    if depth > MAX_PASSED_ON {
        return None;
    }
    let mut here = at.to_vec();
    let mut rest = path;
    let mut is_inside = false;
    while let Some((first, others)) = rest.split_first() {
        match first.as_str() {
            "crate" => here.clear(),
            "self" => {}
            "super" => {
                here.pop()?;
            }
            "*" => return Some(Definition::Module(here)),
            name => {
                let module = tree.get(&here)?;
                let mut child = here.clone();
                child.push(name.to_owned());
                if tree.contains_key(&child) {
                    here = child;
                } else if module.items.contains(name) {
                    return Some(Definition::Item(&module.file));
                } else if let Some(alias) = module.aliases.get(name) {
                    let mut whole = alias.path.clone();
                    // `use a as b` leads to a itself: a name that leads to itself is foreign.
                    if whole.first().is_some_and(|f| f == name)
                        && !is_inside_crate(tree, &here, name)
                    {
                        return None;
                    }
                    whole.extend_from_slice(others);
                    return walk(tree, &here, &whole, depth + 1);
                } else {
                    for glob in &module.globs {
                        let mut whole = glob.clone();
                        whole.pop();
                        let Some(Definition::Module(from)) = walk(tree, &here, &whole, depth + 1)
                        else {
                            continue;
                        };
                        if tree[&from].has(name) {
                            return walk(tree, &from, rest, depth + 1);
                        }
                    }
                    // From elsewhere: made by a macro there, so that file defines it. At the start
                    // of a path: another crate, or something local.
                    return is_inside.then_some(Definition::Item(&module.file));
                }
            }
        }
        is_inside = true;
        rest = others;
    }
    Some(Definition::Module(here))
}

fn is_inside_crate(tree: &Tree, here: &[String], name: &str) -> bool {
    let mut child = here.to_vec();
    child.push(name.to_owned());
    tree.contains_key(&child)
}
