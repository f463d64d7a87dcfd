//! `actions/launch`: which program it executes, its error if there is none, and that the signal of
//! a cancelled job reaches the program.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use fakes::Rollout;
use serde_json::{Value, json};
use stories::programs::{command, program, repository, run};

use super::scene::{Scene, copy, script};

/// A release that contains the launcher.
fn tree(folder: &Path) -> PathBuf {
    copy(
        &repository().join("actions/launch"),
        &folder.join("actions/launch"),
    );
    folder.join("actions/launch")
}

#[test]
fn the_variable_comes_first_then_dist_then_cargo() {
    let folder = tempfile::tempdir().unwrap();
    let launch = tree(folder.path());
    let at = |name: &str| folder.path().join(name);
    let machine = run(command("uname").arg("-m")).stdout.trim().to_owned();
    script(
        &at("bin/cargo"),
        "#!/bin/sh\necho \"cargo $*\"\nmkdir -p target/H/release\nprintf '#!/bin/sh\\necho built $*' >target/H/release/fargate-pipeline\nchmod +x target/H/release/fargate-pipeline\n",
    );
    script(&at("bin/rustc"), "#!/bin/sh\necho 'host: H'\n");
    let path = format!("{}:{}", at("bin").display(), std::env::var("PATH").unwrap());

    let built = run(command(&launch)
        .args(["ecr-push", "a b"])
        .env("PATH", &path))
    .expect(0);
    assert_eq!(built.value(), "built ecr-push a b");
    assert!(
        built.stderr.contains("building it with cargo"),
        "{}",
        built.stderr
    );
    assert!(
        built
            .stderr
            .contains("cargo build --quiet --locked --release"),
        "{}",
        built.stderr
    );

    script(
        &at(&format!("dist/fargate-pipeline-{machine}-linux")),
        "#!/bin/sh\necho released $*\n",
    );
    let released = run(command(&launch).arg("ecr-push").env("PATH", &path)).expect(0);
    assert_eq!(
        (released.value(), released.stderr.as_str()),
        ("released ecr-push", "")
    );

    script(&at("own"), "#!/bin/sh\necho own $*\nexit 6\n");
    let own = run(command(&launch)
        .arg("x")
        .env("FARGATE_PIPELINE_BIN", at("own")))
    .expect(6);
    assert_eq!(own.value(), "own x");
}

#[test]
fn without_a_program_the_error_has_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let launch = tree(folder.path());
    for (name, value) in [
        ("FARGATE_PIPELINE_BIN", "/nowhere"),
        ("PATH", "/usr/bin:/bin"),
    ] {
        let ran = run(command(&launch)
            .arg("ecr-push")
            .env("PATH", "/usr/bin:/bin")
            .env(name, value))
        .expect(2);
        for word in ["release tag", "FARGATE_PIPELINE_BIN", "cargo"] {
            assert!(ran.stderr.contains(word), "{}", ran.stderr);
        }
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn only_a_requested_pause_is_not_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let launch = tree(folder.path());
    let wait = launch.with_file_name("wait");
    copy(&repository().join("actions/wait"), &wait);
    for (code, on_pause, expected) in [
        (10, "exit", 0),
        (10, "wait", 10),
        (10, "", 10),
        (0, "exit", 0),
        (6, "exit", 6),
        (130, "exit", 130),
    ] {
        let program = folder.path().join("program");
        script(&program, &format!("#!/bin/sh\nexit {code}\n"));
        let mut command = command(&wait);
        command
            .env("FARGATE_PIPELINE_BIN", &program)
            .env("FARGATE_ON_PAUSE", on_pause);
        run(&mut command).expect(expected);
    }
}

/// The `run:` script of an action, as a runner would execute it.
fn run_of(action: &str, step: usize) -> String {
    let text = std::fs::read_to_string(repository().join(action)).unwrap();
    let lines = text
        .lines()
        .filter_map(|l| l.trim_start().strip_prefix("run: "));
    lines.map(str::to_owned).nth(step).unwrap()
}

#[test]
fn a_cancelled_jobs_signal_arrives_at_the_program() {
    for (action, step, path, on_pause) in [
        (
            "actions/wait-healthy/action.yml",
            0,
            "actions/wait-healthy",
            "wait",
        ),
        // The seventh script of the root action, after begin, platform, build, push, render and
        // deploy: wait.
        ("action.yml", 6, "", "wait"),
        ("action.yml", 6, "", "exit"),
    ] {
        let scene = Scene::new();
        let cloud = &scene.cloud;
        cloud.call("ecs", "RegisterTaskDefinition", json!({
            "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": "256", "memory": "512", "containerDefinitions": [{"name": "app", "image": "app:1"}],
        })).unwrap();
        cloud.ecs().running_service(json!({
            "cluster": "demo", "serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
        })).unwrap();
        cloud.ecs().script("web", Rollout::stuck());
        cloud
            .call(
                "ecs",
                "UpdateService",
                json!({
                    "cluster": "demo", "service": "web", "forceNewDeployment": true,
                }),
            )
            .unwrap();
        let file = scene.at("step.sh");
        std::fs::write(&file, run_of(action, step) + "\n").unwrap();
        // GitHub's runner starts `shell: sh` like this. It signals only this process.
        let mut shell = command("sh");
        shell.arg("-e").arg(&file).envs(cloud.env());
        shell.env("GITHUB_ACTION_PATH", repository().join(path));
        shell.env("FARGATE_PIPELINE_BIN", program("fargate-pipeline"));
        shell.env("FARGATE_ENDPOINT_URL", cloud.endpoint_url());
        shell.env("FARGATE_ON_PAUSE", on_pause);
        shell
            .env("FARGATE_CLUSTER", "demo")
            .env("FARGATE_SERVICE", "web");
        shell.env("FARGATE_RESULTS", scene.at("results"));
        let mut child = shell
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while cloud.requests_of("ecs", "DescribeServices").is_empty() {
            assert!(Instant::now() < deadline, "the program never asked");
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::sleep(Duration::from_millis(20));
        }
        run(command("kill").args(["-INT", &child.id().to_string()])).expect(0);
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the signal did not arrive");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(
            child.wait().unwrap().code(),
            Some(130),
            "the program itself ended so: {action}"
        );
        let result = std::fs::read(scene.at("results/wait-healthy.json")).unwrap();
        let result: Value = serde_json::from_slice(&result).unwrap();
        assert_eq!(result["verdict"], "interrupted");
    }
}
