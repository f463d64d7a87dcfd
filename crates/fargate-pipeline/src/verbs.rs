//! The programs that this one contains.

use std::ffi::OsString;
use std::process::ExitCode;

/// The program's own name.
pub(crate) const NAME: &str = "fargate-pipeline";

type Main = fn(Vec<OsString>) -> ExitCode;

/// One of the programs.
#[derive(Debug, Clone, Copy)]
pub struct Verb {
    /// The command, e.g. `ecr-push`.
    pub name: &'static str,
    /// What it does, as a fragment for the list of commands.
    pub summary: &'static str,
    pub(crate) main: Main,
    /// Its command line. The inputs of the actions and the documentation are generated from it.
    pub command: fn() -> clap::Command,
}

/// The verbs in the order of a deployment.
pub const VERBS: [Verb; 6] = [
    Verb {
        name: "tf-outputs",
        summary: "read the outputs of a Terraform state",
        main: |argv| tf_outputs::main(argv),
        command: tf_outputs::command,
    },
    Verb {
        name: "ecr-push",
        summary: "push an image to ECR; sends only what is missing",
        main: |argv| ecr_push::main(argv),
        command: ecr_push::command,
    },
    Verb {
        name: "render-taskdef",
        summary: "render and check a task definition",
        main: |argv| render_taskdef::main(argv),
        command: render_taskdef::command,
    },
    Verb {
        name: "ecs-deploy",
        summary: "create or update the service",
        main: |argv| ecs_deploy::main(argv),
        command: ecs_deploy::command,
    },
    Verb {
        name: "wait-healthy",
        summary: "wait for the verdict on a deployment",
        main: |argv| wait_healthy::main(argv),
        command: wait_healthy::command,
    },
    Verb {
        name: "deploy-status",
        summary: "report the deployment on the pull request and in the job summary",
        main: |argv| deploy_status::main(argv),
        command: deploy_status::command,
    },
];

/// The commands of this program that are not programs of their own.
pub const FRONT: [Verb; 2] = [
    Verb {
        name: "deploy",
        summary: "build, push, render, deploy, wait and report in one command",
        main: |argv| crate::deploy::main(argv),
        command: crate::config::flags::deploy_command,
    },
    Verb {
        name: "config",
        summary: "show each value that deploy would use, and its source",
        main: |argv| crate::config::main(argv),
        command: <crate::config::args::ConfigArgs as clap::CommandFactory>::command,
    },
];
