//! `cargo xtask describe`: everything in a release besides the programs: `manifest.json`, the SBOM, the notices,
//! completion scripts and manual pages.
//!
//! Decided here: the names of these files; `.github/release/publish.sh` refuses any others. Never here: archives
//! and checksums, which that script makes, because it runs no code of dependencies.

use std::path::{Path, PathBuf};

use clap::Command;
use fargate_pipeline::{VERBS, command, completion_script};
use stories::programs::repository;

use crate::{dist, linked, notices, sbom};

/// The name of the completion file of a program.
type FileName = fn(&str) -> String;

/// Shell → how the file of a program is named, so that the shell finds it.
const SHELLS: [(&str, FileName); 3] = [
    ("bash", |program| format!("{program}.bash")),
    ("fish", |program| format!("{program}.fish")),
    ("zsh", |program| format!("_{program}")),
];

/// What to describe, and where to write it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory with the programs
    #[arg(long, value_name = "DIR", default_value = "dist")]
    programs: PathBuf,

    /// Directory to write to; must not exist or be empty
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the files.
///
/// # Errors
/// If the directory contains something, or a part cannot be made; what is wrong and where.
pub fn run(args: &Args) -> Result<(), String> {
    let folder = repository().join(&args.folder);
    let mut entries = std::fs::read_dir(&folder).into_iter().flatten();
    if entries.next().is_some() {
        return Err(format!("{} is not empty", folder.display()));
    }
    let manifest = dist::manifest(
        &repository().join(&args.programs),
        dist::commit().as_deref(),
    )?;
    let crates = linked::crates()?;
    let version = env!("CARGO_PKG_VERSION");
    write(
        &folder,
        "manifest.json",
        format!("{manifest:#}\n").as_bytes(),
    )?;
    let bill = sbom::document(&crates)?;
    write(
        &folder,
        "fargate-pipeline.cdx.json",
        format!("{bill:#}\n").as_bytes(),
    )?;
    let notices = notices::text(&crates, version)?;
    write(&folder, "THIRD-PARTY-NOTICES.txt", notices.as_bytes())?;
    completions(&folder.join("completions"))?;
    manual(&folder.join("man"))
}

fn write(folder: &Path, name: &str, content: &[u8]) -> Result<(), String> {
    let path = folder.join(name);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, content))
        .map_err(|e| format!("{}: {e}", path.display()))
}

/// A script for the multi-call program and one for each link to it.
fn completions(folder: &Path) -> Result<(), String> {
    let links = VERBS.iter().map(|verb| verb.name);
    for program in std::iter::once("fargate-pipeline").chain(links) {
        for (shell, file) in SHELLS {
            let script = completion_script(shell, program)?;
            write(folder, &file(program), &script)?;
        }
    }
    Ok(())
}

/// A page for the program and one for each command, e.g. `fargate-pipeline-ecr-push.1`.
fn manual(folder: &Path) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    let command = in_full(command().version(env!("CARGO_PKG_VERSION")));
    clap_mangen::generate_to(command, folder).map_err(failed)
}

/// A manual describes every option, also those that the short help omits.
fn in_full(command: Command) -> Command {
    command
        .mut_args(|option| option.hide_short_help(false))
        .mut_subcommands(in_full)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use fargate_pipeline::VERBS;
    use stories::counterparts::find;
    use stories::programs::{command, run};

    use super::{Args, completions, manual};

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let name =
            |e: std::io::Result<std::fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn every_program_has_a_page_and_completions() {
        let folder = tempfile::tempdir().unwrap();
        let (man, scripts) = (folder.path().join("man"), folder.path().join("completions"));
        manual(&man).unwrap();
        completions(&scripts).unwrap();
        let pages = names(&man);
        for verb in VERBS {
            let page = format!("fargate-pipeline-{}.1", verb.name);
            assert!(pages.contains(&page), "{page} is not in {pages:?}");
            for script in [
                format!("{}.bash", verb.name),
                format!("_{}", verb.name),
                format!("{}.fish", verb.name),
            ] {
                assert!(scripts.join(&script).is_file(), "{script}");
            }
        }
        assert!(
            pages.contains(&"fargate-pipeline.1".to_owned()),
            "{pages:?}"
        );
        assert!(
            pages.contains(&"fargate-pipeline-ecs-deploy-rollback.1".to_owned()),
            "{pages:?}"
        );
        let text = std::fs::read_to_string(man.join("fargate-pipeline-wait-healthy.1")).unwrap();
        for part in [".TH", "cluster", "Another role to assume"] {
            assert!(text.contains(part), "{part} is missing");
        }
        // Every option is described, also those that the short help omits.
        assert!(!text.contains("\n.TP\n\\fB\\-\\-role\\-to\\-assume\\fR \\fI<ARN>\\fR\n\n"));
        if find("bash").is_some() {
            for program in ["fargate-pipeline", "ecr-push"] {
                run(command("bash")
                    .arg("-n")
                    .arg(scripts.join(format!("{program}.bash"))))
                .expect(0);
            }
        }
    }

    #[test]
    fn other_files_are_not_taken_into_a_release() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("install.sh"), "").unwrap();
        let args = Args {
            programs: folder.path().into(),
            folder: folder.path().into(),
        };
        let refused = super::run(&args).unwrap_err();
        assert!(refused.contains("is not empty"), "{refused}");
    }
}
