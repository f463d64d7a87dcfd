//! The programs as files: static, quick to print help, and one file that contains all six.

use std::os::unix::fs::symlink;
use std::process::Command;

use stories::programs::{command, program, run};

const VERBS: [&str; 6] = [
    "tf-outputs",
    "ecr-push",
    "render-taskdef",
    "ecs-deploy",
    "wait-healthy",
    "deploy-status",
];

#[test]
#[cfg(target_os = "linux")]
fn every_program_is_static() {
    for name in VERBS.into_iter().chain(["fargate-pipeline"]) {
        let output = Command::new("ldd").arg(program(name)).output().unwrap();
        let printed = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let is_static =
            printed.contains("statically linked") || printed.contains("not a dynamic executable");
        assert!(is_static, "{name}: {printed}");
    }
}

#[test]
fn one_file_is_all_six_by_name_and_by_argument() {
    let folder = tempfile::tempdir().unwrap();
    for verb in VERBS {
        let link = folder.path().join(verb);
        symlink(program("fargate-pipeline"), &link).unwrap();
        let by_name = run(command(&link).arg("--help")).expect(0);
        let by_argument =
            run(command(program("fargate-pipeline")).args([verb, "--help"])).expect(0);
        let itself = run(command(program(verb)).arg("--help")).expect(0);
        assert_eq!(by_name.stdout, itself.stdout);
        // The usage shows the name that the user typed.
        let typed = format!("Usage: fargate-pipeline {verb} ");
        assert!(
            by_argument.stdout.contains(&typed),
            "{}",
            by_argument.stdout
        );
        let as_itself = by_argument
            .stdout
            .replace(&typed, &format!("Usage: {verb} "));
        assert_eq!(as_itself, itself.stdout);
        let by_help = run(command(program("fargate-pipeline")).args(["help", verb])).expect(0);
        assert_eq!(by_help.stdout, by_argument.stdout);
        assert!(
            itself.stdout.contains("FARGATE_"),
            "{verb} tells of its variables"
        );
    }
    let help = run(&mut command(program("fargate-pipeline"))).expect(2);
    for verb in VERBS {
        assert!(help.stderr.contains(verb), "{}", help.stderr);
    }
    run(command(program("fargate-pipeline")).arg("deploy")).expect(2);
}

#[test]
fn every_verb_has_the_common_flags() {
    for verb in VERBS {
        let help = run(command(program(verb)).arg("--help")).expect(0).stdout;
        for flag in ["--results", "--format"] {
            assert!(help.contains(flag), "{verb} --help does not list {flag}");
        }
        if verb != "deploy-status" {
            for flag in ["--region", "--role-to-assume", "--endpoint-url"] {
                assert!(help.contains(flag), "{verb} --help does not list {flag}");
            }
        }
    }
}

#[test]
fn bad_usage_is_one_error_with_code_2() {
    for verb in VERBS {
        let ran = run(command(program(verb))
            .arg("--no-such-flag")
            .env("GITHUB_ACTIONS", "true"))
        .expect(2);
        assert_eq!(ran.stdout, "");
        assert_eq!(ran.stderr.matches("::error").count(), 1, "{}", ran.stderr);
    }
}
