//! What `ecs-model` parses, no other crate parses again, because two parsers of the same thing
//! disagree sooner or later. This test searches for strings that a second parser would contain.

use std::path::Path;

use stories::programs::repository;

/// What is parsed in one place, the place, and strings that a second parser would contain.
const HOMES: [(&str, &str, &[&str]); 6] = [
    (
        "an ARN",
        "ecs_model::Arn, short_name, is_arn",
        &[
            "splitn(6, ':')",
            "rsplit('/')",
            "rsplit(':')",
            "\"arn:\"",
            "[\"arn\", ",
        ],
    ),
    (
        "an account's id",
        "ecs_model::is_account_id",
        &["len() == 12", "len() != 12"],
    ),
    (
        "an image",
        "ecs_model::ImageRef",
        &["split_once('@')", "rfind('/')", "oci_client::Reference"],
    ),
    (
        "a host of ECR",
        "ecs_model::EcrHost",
        &["dkr.ecr", ".dkr.", "\"dkr", "dkr-ecr"],
    ),
    (
        "a duration",
        "ecs_model::parse_duration",
        &[
            "parse::<SignedDuration>",
            "parse::<Span>",
            "strip_suffix('m')",
            "strip_suffix(\"m\")",
            "strip_suffix('s')",
            "strip_suffix(\"s\")",
        ],
    ),
    (
        "a task definition's name",
        "ecs_model::TaskDefinitionRef, family_of",
        &["task-definition/", "split(':').next()"],
    ),
];

/// The file, the string, and why it is not a second parser.
const OTHERS: [(&str, &str, &str); 9] = [
    (
        "pipeline-http/src/aws_log.rs",
        "rsplit('/')",
        "the scope of a signature, which is not an ARN",
    ),
    (
        "registry/src/source/saved.rs",
        "rsplit('/')",
        "the path of a file in an archive",
    ),
    (
        "rollout/src/cause/catalogue/image.rs",
        "dkr.ecr",
        "what a remedy tells people to write",
    ),
    (
        "rollout/src/cause/catalogue/image.rs",
        ".dkr.",
        "what a remedy tells people to write",
    ),
    (
        "rollout/src/cause/reason/ecr.rs",
        "dkr.ecr",
        "a word of texts that mask accounts or are cut off",
    ),
    (
        "rollout/src/cause/reason/ecr.rs",
        ".dkr.",
        "a word of texts that mask accounts or are cut off",
    ),
    (
        "ecs-document/src/lints/secrets.rs",
        "\"arn:\"",
        "beginnings of what names a secret and is none",
    ),
    (
        "ecs-document/src/lints/secrets.rs",
        "split_once('@')",
        "the login in a URL",
    ),
    (
        "deploy-status/src/redact.rs",
        "split_once('@')",
        "the login in a URL",
    ),
];

#[test]
fn what_ecs_model_parses_is_parsed_only_there() {
    let mut used = vec![false; OTHERS.len()];
    let mut second = Vec::new();
    for (path, text) in shipped_sources() {
        for (number, line) in code(&text) {
            for (what, home, words) in HOMES {
                for word in words.iter().filter(|word| line.contains(**word)) {
                    let other = OTHERS
                        .iter()
                        .position(|(file, known, _)| path.ends_with(file) && known == word);
                    match other {
                        Some(at) => used[at] = true,
                        None => second.push(format!(
                            "{path}:{number}: `{word}` looks like a second parser of {what}: use \
                             {home}, or add it to OTHERS with the reason"
                        )),
                    }
                }
            }
        }
    }
    assert!(second.is_empty(), "{}", second.join("\n"));
    for ((file, word, _), used) in OTHERS.iter().zip(used) {
        assert!(used, "{file} no longer has `{word}`: take it out of OTHERS");
    }
}

/// The lines that ship, with their numbers: without comments and tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .take_while(|(_, line)| *line != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Every source file of a crate that ships, except those of `ecs-model`.
fn shipped_sources() -> Vec<(String, String)> {
    let crates = repository().join("crates");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&crates).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap();
        if !["ecs-model", "fakes"].contains(&name) {
            collect(&folder.join("src"), &mut found);
        }
    }
    assert!(found.len() > 100, "only {} files", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            collect(&path, found);
        } else if name.ends_with(".rs") && !name.contains("tests") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
}
