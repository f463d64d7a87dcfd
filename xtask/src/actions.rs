//! `cargo xtask actions`: each verb's `action.yml`, and the tables of `actions/README.md`, out of
//! the programs' own flags. What is written here is never edited by hand; a test compares it.

mod inputs;
mod outputs;
mod readme;
mod yaml;

use std::path::{Path, PathBuf};

use fargate_pipeline::VERBS;
use stories::programs::repository;

use self::inputs::Input;
use self::outputs::Output;

/// What to do.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Change nothing, and fail if a file is not what the flags say
    #[arg(long)]
    check: bool,
}

/// A verb as an action.
struct Action {
    verb: &'static str,
    about: String,
    inputs: Vec<Input>,
    /// The names of subcommands, where the verb has some.
    subcommands: Vec<String>,
    outputs: Vec<Output>,
}

/// Writes the files, or says which differ.
pub fn run(args: &Args) -> Result<(), String> {
    let root = repository();
    let mut differing = Vec::new();
    for (path, text) in made(&root)? {
        let known = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
        if known == text {
            continue;
        }
        differing.push(path.display().to_string());
        if !args.check {
            write(&root.join(&path), &text)?;
        }
    }
    match (args.check, differing.is_empty()) {
        (_, true) => println!("actions: all files are what the flags say"),
        (false, false) => println!("actions: wrote {}", differing.join(", ")),
        (true, false) => {
            let files = differing.join(", ");
            return Err(format!(
                "{files}: not what the flags say; run cargo xtask actions"
            ));
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// Every file and its text.
fn made(root: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let infra = outputs::of_infra(&root.join("Infra/outputs.tf"))?;
    let mut actions = Vec::new();
    for verb in VERBS {
        let command = (verb.command)();
        actions.push(Action {
            verb: verb.name,
            about: command
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default(),
            inputs: inputs::of(verb.name, &command),
            subcommands: inputs::subcommands(&command),
            outputs: outputs::of(verb.name, &infra),
        });
    }
    let mut files: Vec<(PathBuf, String)> = actions
        .iter()
        .map(|action| {
            let path = Path::new("actions").join(action.verb).join("action.yml");
            (path, yaml::action(action))
        })
        .collect();
    let whole = std::fs::read_to_string(root.join("action.yml")).map_err(|e| e.to_string())?;
    let readme = readme::text(&whole, &actions)?;
    files.push(("actions/README.md".into(), readme));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use stories::programs::repository;

    use super::{Args, made, run};

    #[test]
    fn the_files_are_what_the_flags_say() {
        run(&Args { check: true }).expect("no difference");
    }

    #[test]
    fn no_expression_stands_in_a_script() {
        for (path, text) in made(&repository()).expect("made") {
            for line in text.lines().filter(|l| l.trim_start().starts_with("run:")) {
                assert!(!line.contains("${{"), "{}: {line}", path.display());
            }
        }
    }
}
