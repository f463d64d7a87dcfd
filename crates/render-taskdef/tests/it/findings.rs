//! Lints: on their line of the file, strict or ignored, and never with the value of a variable.

use serde_json::{Value, json};

use crate::scene::{SOUND, Scene};

fn wrong() -> String {
    SOUND
        .replace("\"memory\": \"512\"", "\"memory\": \"600\"")
        .replace("\"app:1\"", "\"app:latest\", \"privileged\": true")
        .replace(
            "\"STAGE\", \"value\": \"test\"",
            "\"DB_PASSWORD\", \"value\": \"hunter22\"",
        )
}

#[test]
fn lints_have_the_files_lines_and_the_first_error_is_the_error_of_the_step() {
    let scene = Scene::of(&wrong());
    let args = [
        "--task-definition",
        "t.json",
        "--results",
        "r",
        "--out",
        "o.json",
    ];
    let ran = scene.run_with(&args, &[("GITHUB_ACTIONS", "true")], "");
    assert_eq!(ran.code, 2);
    let annotations: Vec<&str> = ran.stderr.lines().filter(|l| l.starts_with("::")).collect();
    assert_eq!(
        annotations,
        [
            "::warning title=render-taskdef,file=t.json,line=8,col=30::container app uses the tag latest, which moves [latest-tag]",
            "::error title=render-taskdef,file=t.json,line=8,col=44::container app uses privileged, which Fargate does not support [fargate-unsupported]",
            "::warning title=render-taskdef,file=t.json,line=8,col=80::the variable DB_PASSWORD of container app looks like a secret because of its name [plain-secret]",
            "::error title=render-taskdef,file=t.json,line=4,col=13::with 256 CPU units, Fargate offers 512, 1024 or 2048 MiB, not 600 MiB (and one more)%0Ahint: choose a combination that Fargate offers (see docs/lints/fargate-size.md, or use --ignore fargate-size)",
        ]
    );
    assert!(!scene.path("o.json").exists(), "nothing is written");
    let result: Value = serde_json::from_str(&scene.read("r/render-taskdef.json")).unwrap();
    assert_eq!(
        result["data"]["lints"][0],
        json!({
            "code": "fargate-size", "severity": "error",
            "message": "with 256 CPU units, Fargate offers 512, 1024 or 2048 MiB, not 600 MiB",
            "location": {"file": "t.json", "line": 4, "column": 13},
        })
    );
    assert_eq!(result["data"]["lints"].as_array().unwrap().len(), 4);
    assert!(!result.to_string().contains("hunter22") && !ran.stderr.contains("hunter22"));
}

#[test]
fn warnings_pass_unless_strict_and_can_be_ignored() {
    let text = SOUND.replace("\"app:1\"", "\"app\"");
    let scene = Scene::of(&text);
    let ran = scene.render(&[]);
    assert_eq!(ran.code, 0);
    assert_eq!(
        ran.stderr,
        "warning: t.json:8:30: container app has an image without a tag, which means latest [latest-tag]\n"
    );
    let ran = scene.render(&["--strict"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: container app has an image without a tag, which means latest\n  at t.json:8:30\n\
         hint: use a digest, which ecr-push prints, or a tag that does not move (see docs/lints/latest-tag.md, or use --ignore latest-tag)\n"
    );
    let ran = scene.render(&["--strict", "--ignore", "port,latest-tag"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let ran = scene.render(&["--ignore", "latest-tg"]);
    assert_eq!(
        ran.stderr,
        "error: --ignore \"latest-tg\" is not the name of a lint\nhint: did you mean latest-tag? All lints: docs/lints\n"
    );
}

#[test]
fn placeholders_and_edits_have_lints_too() {
    let text = SOUND.replace("\"test\"", "\"${env.EMPTY}-${vars.x}\"");
    let scene = Scene::of(&text);
    let args = ["--task-definition", "t.json", "--unset-env", "side:NOT"];
    let ran = scene.run_with(&args, &[("EMPTY", "")], "");
    assert_eq!(ran.code, 0);
    let mut messages: Vec<&str> = ran.stderr.lines().collect();
    messages.sort_unstable();
    assert_eq!(
        messages,
        [
            "warning: container side has no variable NOT to remove [nothing-to-unset]",
            "warning: t.json:8:83: ${env.EMPTY} is an empty variable [empty-variable]",
            "warning: t.json:8:96: ${vars.x} is not a placeholder (tf, env or image), so it stays unchanged [unknown-placeholder]",
        ]
    );
}

#[test]
fn a_name_in_env_and_secret_is_an_error() {
    let ran = Scene::of(SOUND).render(&["--secret", "app:STAGE=/x", "--role", "execution=e"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.starts_with(
            "error: container app has STAGE both as a variable and as a secret\n  at t.json:8:55\n"
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn compatibilities_decide_about_fargate() {
    let text = SOUND
        .replace("\"requiresCompatibilities\": [\"FARGATE\"],", "")
        .replace("\"app:1\"", "\"app:1\", \"privileged\": true");
    assert!(!text.contains("FARGATE"), "{text}");
    let ran = Scene::of(&text).render(&[]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            0,
            "warning: t.json:8:39: container app uses privileged, which Fargate does not support (if the task runs on Fargate) [fargate-unsupported]\n"
        )
    );
    // ECS has validated a saved definition for EC2 only.
    let described = text.replacen('{', "{\"compatibilities\": [\"EXTERNAL\", \"EC2\"],", 1);
    let ran = Scene::of(&described).render(&[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}
