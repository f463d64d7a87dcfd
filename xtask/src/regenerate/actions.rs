//! Generates `action.yml` of each program and the tables of `actions/README.md` from the programs'
//! flags.

mod inputs;
mod outputs;
mod readme;
mod yaml;

use std::path::{Path, PathBuf};

use self::inputs::Input;
use self::outputs::Output;
use fargate_pipeline::VERBS;

/// A program as an action.
struct Action {
    verb: &'static str,
    about: String,
    inputs: Vec<Input>,
    /// The names of subcommands, if the program has any.
    subcommands: Vec<String>,
    outputs: Vec<Output>,
}

/// Each file and its text. Fails if `Infra/outputs.tf` or the root's `action.yml` cannot be read.
pub fn made(root: &Path) -> Result<Vec<(PathBuf, String)>, String> {
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

    use super::made;

    #[test]
    fn no_script_contains_an_expression() {
        for (path, text) in made(&repository()).expect("made") {
            for line in text.lines().filter(|l| l.trim_start().starts_with("run:")) {
                assert!(!line.contains("${{"), "{}: {line}", path.display());
            }
        }
    }
}
