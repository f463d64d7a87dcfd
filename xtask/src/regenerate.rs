//! `cargo xtask regenerate` writes every generated file, so that you can change a source without
//! knowing what is generated from it.
//!
//! Decided here: which files there are and whether they may be written. Never here: what they
//! contain. The part that generates a file decides that, and nobody edits it by hand.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use stories::programs::repository;

use self::service_model::Made;

mod actions;
mod service_model;
mod snapshots;

/// Which files to write.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Change nothing, and fail if a file is out of date
    #[arg(long)]
    check: bool,
    /// Parts to regenerate, e.g. actions [default: all]
    #[arg(value_enum, value_name = "PART")]
    parts: Vec<Part>,
}

/// Files that are generated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// actions/*/action.yml and actions/README.md, from the programs' flags
    Actions,
    /// docs/causes.md, from the causes in crates/rollout
    Causes,
    /// docs/lints/README.md, from the lints in crates/ecs-document
    Lints,
    /// docs/fargate.schema.json, from the flags of `fargate-pipeline deploy`
    Schema,
    /// The members that ECS accepts, from botocore's service model
    ServiceModel,
    /// The snapshots of the tests, from the tests
    Snapshots,
}

/// The outcome for one part.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    UpToDate,
    /// These files were written, or would be written if nothing may change. Paths are relative to
    /// the repository's root.
    Changed(Vec<String>),
    /// Why the part could not be generated on this machine.
    Skipped(String),
}

/// Writes the files, or reports which ones are out of date.
pub fn run(args: &Args) -> Result<(), String> {
    let all = Part::value_variants();
    let parts: &[Part] = if args.parts.is_empty() {
        all
    } else {
        &args.parts
    };
    let mut outdated = Vec::new();
    for part in parts {
        let name = part.to_possible_value();
        let name = name.as_ref().map_or("", |value| value.get_name());
        match part.regenerate(args.check)? {
            Outcome::UpToDate => println!("{name}: up to date"),
            Outcome::Skipped(why) => println!("{name}: skipped: {why}"),
            Outcome::Changed(files) if args.check => outdated.extend(files),
            Outcome::Changed(files) => println!("{name}: wrote {}", files.join(", ")),
        }
    }
    if outdated.is_empty() {
        return Ok(());
    }
    let files = outdated.join(", ");
    Err(format!(
        "out of date: {files}\nhint: run cargo xtask regenerate"
    ))
}

impl Part {
    fn regenerate(self, check: bool) -> Result<Outcome, String> {
        let root = repository();
        let files = match self {
            Self::Actions => actions::made(&root)?,
            Self::Causes => vec![("docs/causes.md".into(), rollout::cause::page())],
            Self::Schema => {
                let page = "docs/fargate.schema.json".into();
                vec![(page, fargate_pipeline::schema())]
            }
            Self::Lints => {
                let index = ecs_document::lints::index();
                vec![("docs/lints/README.md".into(), index)]
            }
            Self::ServiceModel => {
                let path = root.join(service_model::PATH);
                let known = std::fs::read_to_string(path).unwrap_or_default();
                match service_model::made(&known, check)? {
                    Made::Table(table) => vec![(service_model::PATH.into(), table)],
                    Made::Kept(why) => return Ok(Outcome::Skipped(why)),
                }
            }
            Self::Snapshots => return snapshots::regenerate(check),
        };
        replaced(&root, files, check)
    }
}

/// Writes those files whose text differs, or only returns their names.
fn replaced(root: &Path, files: Vec<(PathBuf, String)>, check: bool) -> Result<Outcome, String> {
    let mut changed = Vec::new();
    for (path, text) in files {
        let whole = root.join(&path);
        if std::fs::read_to_string(&whole).is_ok_and(|known| known == text) {
            continue;
        }
        if !check {
            let folder = whole.parent().unwrap_or(root);
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&whole, text))
                .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        }
        changed.push(path.display().to_string());
    }
    Ok(if changed.is_empty() {
        Outcome::UpToDate
    } else {
        Outcome::Changed(changed)
    })
}

#[cfg(test)]
mod tests {
    use super::{Args, Outcome, Part, replaced, run};

    /// The snapshots and the service model have their own tests.
    #[test]
    fn the_generated_files_are_up_to_date() {
        let parts = vec![Part::Actions, Part::Causes, Part::Lints];
        assert_eq!(run(&Args { check: true, parts }), Ok(()));
    }

    #[test]
    fn a_file_is_written_if_it_differs_and_only_if_it_may_change() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("docs/a.md");
        let made = || vec![("docs/a.md".into(), "new".to_owned())];
        let changed = || Ok(Outcome::Changed(vec!["docs/a.md".to_owned()]));
        assert_eq!(replaced(root.path(), made(), true), changed());
        assert!(!path.exists());
        assert_eq!(replaced(root.path(), made(), false), changed());
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), "new");
        assert_eq!(replaced(root.path(), made(), true), Ok(Outcome::UpToDate));
    }
}
