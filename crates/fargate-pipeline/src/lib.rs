//! Six programs under one roof: what a release ships. `ecr-push` as a link to this file is
//! `ecr-push`; called by its own name it takes the verb as the first argument.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

type Main = fn(Vec<OsString>) -> ExitCode;

/// The verbs in the order of a deployment: name, entry, what it does.
pub const VERBS: [(&str, Main, &str); 6] = [
    (
        "tf-outputs",
        |argv| tf_outputs::main(argv),
        "read the outputs of a Terraform state",
    ),
    (
        "ecr-push",
        |argv| ecr_push::main(argv),
        "push an image to ECR, sending only what is missing",
    ),
    (
        "render-taskdef",
        |argv| render_taskdef::main(argv),
        "render and check a task definition",
    ),
    (
        "ecs-deploy",
        |argv| ecs_deploy::main(argv),
        "create or update the service",
    ),
    (
        "wait-healthy",
        |argv| wait_healthy::main(argv),
        "wait for the verdict on a deployment",
    ),
    (
        "deploy-status",
        |argv| deploy_status::main(argv),
        "report the deployment where people look",
    ),
];

/// Runs the verb that the name or the first argument says.
pub fn main(argv: Vec<OsString>) -> ExitCode {
    let called = argv
        .first()
        .map(|name| Path::new(name).file_stem().unwrap_or(name));
    if let Some(verb) = called.and_then(find) {
        return verb(argv);
    }
    let first = argv.get(1).map(OsString::as_os_str);
    if let Some(verb) = first.and_then(find) {
        return verb(argv[1..].to_vec());
    }
    match first.and_then(OsStr::to_str) {
        Some("--help" | "-h" | "help") => say(&mut std::io::stdout().lock(), &help(), 0),
        Some("--version" | "-V") => {
            let version = concat!("fargate-pipeline ", env!("CARGO_PKG_VERSION"), "\n");
            say(&mut std::io::stdout().lock(), version, 0)
        }
        Some(other) => say(
            &mut std::io::stderr().lock(),
            &format!("error: no verb {other:?}\n\n{}", help()),
            2,
        ),
        None => say(&mut std::io::stderr().lock(), &help(), 2),
    }
}

fn find(name: &OsStr) -> Option<Main> {
    VERBS
        .iter()
        .find(|(verb, ..)| name == *verb)
        .map(|(_, main, _)| *main)
}

fn help() -> String {
    let mut text = String::from(
        "From an image to a proven healthy ECS Fargate service.\n\nUsage: fargate-pipeline VERB [FLAGS]\n\nVerbs, in the order of a deployment:\n",
    );
    for (verb, _, does) in VERBS {
        text.push_str(&format!("  {verb:15} {does}\n"));
    }
    text.push_str("\nfargate-pipeline VERB --help tells a verb's flags.\n");
    text
}

fn say(out: &mut dyn Write, text: &str, code: u8) -> ExitCode {
    // A closed pipe (`--help | head`) is no failure.
    let _ = out.write_all(text.as_bytes());
    ExitCode::from(code)
}
