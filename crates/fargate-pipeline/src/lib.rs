//! Six programs under one roof: what a release ships. `ecr-push` as a link to this file is
//! `ecr-push`; called by its own name it takes the verb as the first argument.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

type Main = fn(Vec<OsString>) -> ExitCode;

/// A program under this roof.
#[derive(Debug, Clone, Copy)]
pub struct Verb {
    /// As `ecr-push`.
    pub name: &'static str,
    /// What it does, as a fragment.
    pub does: &'static str,
    main: Main,
    /// Its command line, for what is made of it: the actions' inputs and the documentation.
    pub command: fn() -> clap::Command,
}

/// The verbs in the order of a deployment.
pub const VERBS: [Verb; 6] = [
    Verb {
        name: "tf-outputs",
        does: "read the outputs of a Terraform state",
        main: |argv| tf_outputs::main(argv),
        command: tf_outputs::command,
    },
    Verb {
        name: "ecr-push",
        does: "push an image to ECR, sending only what is missing",
        main: |argv| ecr_push::main(argv),
        command: ecr_push::command,
    },
    Verb {
        name: "render-taskdef",
        does: "render and check a task definition",
        main: |argv| render_taskdef::main(argv),
        command: render_taskdef::command,
    },
    Verb {
        name: "ecs-deploy",
        does: "create or update the service",
        main: |argv| ecs_deploy::main(argv),
        command: ecs_deploy::command,
    },
    Verb {
        name: "wait-healthy",
        does: "wait for the verdict on a deployment",
        main: |argv| wait_healthy::main(argv),
        command: wait_healthy::command,
    },
    Verb {
        name: "deploy-status",
        does: "report the deployment where people look",
        main: |argv| deploy_status::main(argv),
        command: deploy_status::command,
    },
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
        .find(|verb| name == verb.name)
        .map(|verb| verb.main)
}

fn help() -> String {
    let mut text = String::from(
        "From an image to a proven healthy ECS Fargate service.\n\nUsage: fargate-pipeline VERB [FLAGS]\n\nVerbs, in the order of a deployment:\n",
    );
    for Verb { name, does, .. } in VERBS {
        text.push_str(&format!("  {name:15} {does}\n"));
    }
    text.push_str("\nfargate-pipeline VERB --help tells a verb's flags.\n");
    text
}

fn say(out: &mut dyn Write, text: &str, code: u8) -> ExitCode {
    // A closed pipe (`--help | head`) is no failure.
    let _ = out.write_all(text.as_bytes());
    ExitCode::from(code)
}
