//! `cargo xtask demo`, run like a user runs it, does what it promises.

use std::process::Command;

use stories::counterparts::{DockerEngine, Unavailable, not_run, tool};
use stories::programs::{Ran, program, repository, run};

/// The demo needs what every user has: a home directory for cargo, and PATH.
fn demo(args: &[&str]) -> Ran {
    let mut demo = Command::new(program("xtask"));
    demo.current_dir(repository()).arg("demo").args(args);
    demo.env("CARGO", env!("CARGO"))
        .env_remove("FARGATE_RESULTS");
    run(&mut demo)
}

/// The important lines, in this order.
#[track_caller]
fn prints_in_order(ran: &Ran, lines: &[&str]) {
    let printed = format!("{}\n{}", ran.stdout, ran.stderr);
    let mut rest = ran.stdout.as_str();
    for line in lines {
        let found = rest.find(line);
        assert!(
            found.is_some(),
            "{line:?} is not printed, or not in its place:\n{printed}"
        );
        rest = &rest[found.unwrap_or_default()..];
    }
}

#[test]
fn one_deployment_becomes_healthy_and_one_is_rolled_back_with_its_cause() {
    let ran = demo(&[]).expect(0);
    prints_in_order(
        &ran,
        &[
            "$ tf-outputs",
            "$ ecr-push",
            "@sha256:",
            "$ render-taskdef",
            "$ ecs-deploy",
            "$ wait-healthy",
            "exit code 0",
            "$ deploy-status",
            "━━━ A change that makes the container crash ━━━",
            "$ wait-healthy",
            "exit code 6",
            "$ deploy-status",
            "hello: fatal: DATABASE_URL is not set",
            "1 comment on the pull request",
        ],
    );
    for words in ["hello: fatal: DATABASE_URL is not set", "exit code 3"] {
        assert!(
            ran.stderr.contains(words),
            "wait-healthy does not say {words:?}:\n{}",
            ran.stderr
        );
    }
}

#[test]
fn with_docker_a_real_container_answers_and_a_crashing_one_is_rolled_back() {
    let name = "with_docker_a_real_container_answers_and_a_crashing_one_is_rolled_back";
    let here = DockerEngine::start().map(drop).and_then(|()| {
        let what = "ministack";
        let why = "cargo xtask test installs it into .tools/".to_owned();
        tool("python/bin/ministack")
            .map(drop)
            .ok_or(Unavailable { what, why })
    });
    if let Err(reason) = here {
        return not_run(name, &reason);
    }
    let ran = demo(&["--docker"]).expect(0);
    prints_in_order(
        &ran,
        &[
            "exit code 0",
            "The container itself answers: GET http://",
            "hello from Fargate",
            "━━━ A change that makes the container crash ━━━",
            "exit code 6",
            "The old container still answers: GET http://",
            "hello from Fargate",
        ],
    );
    let words = "hello: fatal: DATABASE_URL is not set";
    assert!(
        ran.stderr.contains(words),
        "wait-healthy does not say {words:?}:\n{}",
        ran.stderr
    );
}
