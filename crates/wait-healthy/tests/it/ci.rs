//! What a CI host gets, and that untrusted text cannot control it.

use std::time::Duration;

use fakes::{Change, Rollout};
use serde_json::Value;

use crate::scene::{Scene, crashing, healthy};

#[test]
fn the_last_line_of_json_output_is_the_result() {
    let scene = Scene::running();
    let id = scene.deploy(healthy());
    let ran = scene
        .run(&["--deployment", &id, "--format", "json"])
        .expect(0, "succeeded");
    let document: Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(document, ran.result);
    let id = scene.deploy(crashing());
    let ran = scene
        .run(&["--deployment", &id, "--format", "json"])
        .expect(6, "rolled-back");
    let document: Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(document, ran.result);
}

#[test]
fn github_gets_one_error_and_the_outputs() {
    let scene = Scene::running();
    let id = scene.deploy(crashing());
    let mut command = scene.command(&["--deployment", &id]);
    command
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", "outputs");
    let ran = scene
        .ran(command.output().unwrap())
        .expect(6, "rolled-back");
    assert_eq!(ran.stderr.matches("::error ").count(), 1, "{}", ran.stderr);
    let outputs = scene.read("outputs");
    for output in ["verdict<<", "summary<<", "cause<<", "\nrolled-back\n"] {
        assert!(outputs.contains(output), "{output:?} in\n{outputs}");
    }
}

#[test]
fn log_lines_and_events_are_not_run_as_commands() {
    let scene = Scene::running();
    let hostile = [
        "::set-output name=verdict::succeeded".to_owned(),
        "  ::add-mask::succeeded".to_owned(),
        "##[set-env name=PATH]/evil".to_owned(),
        "\u{1b}[2J\u{1b}]0;title\u{7}red".to_owned(),
        "what was no text: \u{fffd}\u{fffd} \0 \u{202e}desrever".to_owned(),
        "x".repeat(1_000_000),
    ];
    let event = "(service web) says\r\n::set-output name=verdict::succeeded\n::stop-commands::x";
    let rollout = Rollout::crashing()
        .log_lines(hostile)
        .over(Duration::from_millis(700))
        .also(Duration::from_millis(200), Change::Event(event.to_owned()));
    let id = scene.deploy(rollout);
    let mut command = scene.command(&["--deployment", &id]);
    command.env("GITHUB_ACTIONS", "true");
    let ran = scene
        .ran(command.output().unwrap())
        .expect(6, "rolled-back");
    ran.shows(&["  | ::set-output name=verdict::succeeded"]);
    for line in ran.stderr.lines() {
        let line = line.trim_start();
        let is_ours = ["::error ", "::warning ", "::group::", "::endgroup::"]
            .iter()
            .any(|c| line.starts_with(c));
        assert!(!line.starts_with("::") || is_ours, "{line}");
        assert!(!line.contains("##[") && !line.contains('\u{1b}'), "{line}");
        assert!(
            line.chars().count() < 5_000,
            "a line of {} characters",
            line.chars().count()
        );
    }
}
