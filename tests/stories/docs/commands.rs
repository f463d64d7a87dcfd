//! Every command in a code block of the documentation is one that its program accepts, and every
//! action, input and variable that a page names exists.

use std::collections::BTreeSet;

use clap::error::ErrorKind;
use fargate_pipeline::{FRONT, VERBS};
use serde_json::Value;
use stories::programs::{command, program, repository, run};

use super::shell::{blocks, commands, parsed};
use super::{pages, shown};

/// Variables of the launcher and the tests, and a capacity provider, which are not options.
const OTHER_VARIABLES: [&str; 8] = [
    "FARGATE_PIPELINE_BIN",
    "FARGATE_PIPELINE_DIRECTORY",
    "FARGATE_PIPELINE_SHA256",
    "FARGATE_PIPELINE_URL",
    "FARGATE_PIPELINE_VERSION",
    "FARGATE_SPOT",
    "FARGATE_TEST_BOTOCORE",
    "FARGATE_TEST_NOT_RUN",
];

/// Secret values, which have no option.
const SECRETS: [&str; 6] = [
    "FARGATE_PROBE_TOKEN",
    "FARGATE_REGISTRY_PASSWORD",
    "FARGATE_STATE_PASSWORD",
    "FARGATE_STATE_TOKEN",
    "FARGATE_TOKEN",
    "FARGATE_WEB_IDENTITY_TOKEN",
];

#[test]
fn every_command_is_accepted_by_its_program() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in blocks(&text) {
            for mut words in commands(&block) {
                if words[0] == "fargate-pipeline" && words.len() > 1 {
                    words.remove(0);
                }
                let Some(verb) = FRONT
                    .iter()
                    .chain(&VERBS)
                    .find(|verb| verb.name == words[0])
                else {
                    continue;
                };
                count += 1;
                let Err(error) = (verb.command)().try_get_matches_from(&words) else {
                    continue;
                };
                if !matches!(
                    error.kind(),
                    ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
                ) {
                    let command = words.join(" ");
                    let place = format!("{}:{}", shown(&page), block.line);
                    wrong.push(format!("{place}: {command}\n{error}"));
                }
            }
        }
    }
    assert!(count > 25, "only {count} commands were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_in_the_help_is_accepted() {
    let mut count = 0;
    for verb in &VERBS {
        let mut help = command(program(verb.name));
        // A narrow terminal must not break a line that is copied.
        let help = run(help.arg("--help").env("COLUMNS", "80")).expect(0);
        let (_, examples) = help.stdout.split_once("Examples:\n").unwrap();
        let examples = examples.split("\n\n").next().unwrap();
        for words in parsed(examples) {
            assert_eq!(words[0], verb.name);
            count += 1;
            if let Err(error) = (verb.command)().try_get_matches_from(&words) {
                panic!("{}\n{error}", words.join(" "));
            }
        }
    }
    assert!(count >= 18, "only {count} examples were found");
}

/// The inputs that an `action.yml` declares: the names below `inputs:`.
fn inputs(action: &str) -> BTreeSet<String> {
    let path = repository().join(action).join("action.yml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let (_, from) = text.split_once("\ninputs:\n").unwrap();
    from.lines()
        .take_while(|line| line.starts_with(' ') || line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'))
        .filter(|name| !name.starts_with(' '))
        .map(str::to_owned)
        .collect()
}

/// The uses of our actions in a workflow: each action, and the names below `with:`.
fn uses(workflow: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut with = None;
    for line in workflow.lines() {
        let depth = line.len() - line.trim_start_matches([' ', '-']).len();
        let text = line.trim_start_matches([' ', '-']);
        let action = text.strip_prefix("uses: fargate-pipeline/fargate-pipeline");
        if let Some(action) = action.and_then(|action| action.split('@').next()) {
            found.push((action.trim_start_matches('/').to_owned(), Vec::new()));
            with = None;
        } else if text == "with:" {
            with = Some(depth);
        } else if with.is_some_and(|with| depth <= with) {
            with = None;
        } else if let (Some(with), Some((_, names))) = (with, found.last_mut())
            && depth == with + 2
            && let Some((name, _)) = text.split_once(':')
        {
            names.push(name.to_owned());
        }
    }
    found
}

#[test]
fn every_action_and_input_in_a_workflow_exists() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in blocks(&text).into_iter().filter(|b| b.language == "yaml") {
            for (action, names) in uses(&block.text) {
                if action.starts_with(".github/") {
                    continue;
                }
                let known = inputs(&action);
                count += names.len();
                for name in names.iter().filter(|name| !known.contains(*name)) {
                    wrong.push(format!(
                        "{}:{}: {name} of /{action}",
                        shown(&page),
                        block.line
                    ));
                }
            }
        }
    }
    assert!(count > 20, "only {count} inputs were found");
    assert!(wrong.is_empty(), "no such inputs:\n{}", wrong.join("\n"));
}

/// The variables that exist, e.g. `FARGATE_CLUSTER`.
fn variables() -> BTreeSet<String> {
    let mut known: BTreeSet<String> = OTHER_VARIABLES.map(str::to_owned).into();
    for secret in SECRETS {
        // Secrets can also be in a file.
        known.extend([secret.to_owned(), format!("{secret}_FILE")]);
    }
    for verb in &VERBS {
        let command = (verb.command)();
        let subs = command
            .get_subcommands()
            .flat_map(clap::Command::get_arguments);
        for name in command
            .get_arguments()
            .chain(subs)
            .filter_map(clap::Arg::get_long)
        {
            known.insert(format!("FARGATE_{}", name.to_uppercase().replace('-', "_")));
        }
    }
    known
}

#[test]
fn every_variable_that_a_page_names_exists() {
    let known = variables();
    let mut wrong = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for (at, line) in text.lines().enumerate() {
            for (start, _) in line.match_indices("FARGATE_") {
                let is_part = line[..start].ends_with(|c: char| c.is_ascii_uppercase() || c == '_');
                let name: String = line[start..]
                    .chars()
                    .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_')
                    .collect();
                // A name that ends with `_` is before a placeholder, e.g. `FARGATE_<INPUT>`.
                if !is_part && !name.ends_with('_') && !known.contains(&name) {
                    wrong.push(format!("{}:{}: {name}", shown(&page), at + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "no such variables:\n{}", wrong.join("\n"));
}

#[test]
fn every_block_of_json_can_be_parsed() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in blocks(&text).into_iter().filter(|b| b.language == "json") {
            let parses = |text: &str| serde_json::from_str::<Value>(text).is_ok();
            // A part of an object or a list is shown without its brackets.
            let is_object = |text: &str| parses(text) || parses(&format!("{{{text}}}"));
            let is_list = parses(&format!("[{}]", block.text));
            // Or each line is an alternative.
            let are_objects = block.text.lines().all(is_object);
            if !is_object(&block.text) && !is_list && !are_objects {
                wrong.push(format!("{}:{}", shown(&page), block.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
