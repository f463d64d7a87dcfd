//! Every option of every program is tried with values that make no sense. A mistake is explained in
//! our own words, and is never reported as a bug.

use clap::{Arg, Command};
use fargate_pipeline::VERBS;
use stories::programs::{command, program, run};

/// What the standard library and the parsers of dependencies print.
const FOREIGN_WORDS: [&str; 9] = [
    "invalid digit",
    "non-zero type",
    "number too",
    "cannot parse integer",
    "at line ",
    "missing field",
    "relative URL without a base",
    "panicked",
    "Some(",
];

const VALUES: [&str; 5] = ["", "nonsense", "-1", "0", "99999999999999999999"];

/// The options that a program needs before it looks at others.
fn required(verb: &str) -> &'static [&'static str] {
    match verb {
        "tf-outputs" => &["--state=absent.tfstate"],
        "ecr-push" => &["--source=oci:absent", "--repository=app"],
        "ecs-deploy" | "wait-healthy" => &["--cluster=c", "--service=s"],
        "deploy-status" => &["--results=absent"],
        _ => &[],
    }
}

/// The options of a command that take a value.
fn options(command: &Command) -> Vec<String> {
    let takes_value = |arg: &&Arg| arg.get_action().takes_values();
    let arguments = command.get_arguments().filter(takes_value);
    arguments
        .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
        .collect()
}

#[test]
fn a_value_that_makes_no_sense_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for verb in &VERBS {
        let main = (verb.command)();
        let subs = main
            .get_subcommands()
            .filter(|sub| sub.get_name() != "help");
        let subs = subs.map(|sub| (Some(sub.get_name().to_owned()), options(sub)));
        for (sub, options) in [(None, options(&main))].into_iter().chain(subs) {
            for option in &options {
                for value in VALUES {
                    let mut program = command(program(verb.name));
                    let given = |given: &&&str| !given.starts_with(&format!("{option}="));
                    program
                        .args(&sub)
                        .args(required(verb.name).iter().filter(given));
                    program.arg(format!("{option}={value}"));
                    program
                        .current_dir(folder.path())
                        .env("HOME", folder.path());
                    program.env("AWS_EC2_METADATA_DISABLED", "true");
                    program.stdin(std::process::Stdio::null());
                    let ran = run(&mut program);
                    count += 1;
                    let foreign = FOREIGN_WORDS.iter().find(|w| ran.stderr.contains(**w));
                    if foreign.is_some() || ran.code == 1 {
                        let sub = sub.as_deref().unwrap_or_default();
                        let line = format!("{} {sub} {option}={value:?}", verb.name);
                        wrong.push(format!("{line}: exit code {}\n{}", ran.code, ran.stderr));
                    }
                }
            }
        }
    }
    assert!(count > 500, "only {count} values were tried");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
