//! `fargate.yml`, variables and `config`.

use serde_json::Value;

use crate::scene::Scene;

const FILE: &str = "\
service: web
source: oci:image
environments:
  production:
    cluster: prod
";

#[test]
fn one_word_deploys_what_the_file_describes() {
    let scene = Scene::new();
    scene.write("fargate.yml", FILE);
    let ran = scene.run(&["deploy", "production"]).ended(0);
    assert_eq!(ran.stdout, "succeeded\n");
    assert!(scene.images()[1].ends_with(&scene.digest));
}

#[test]
fn a_mistake_in_the_file_has_a_location_and_nothing_is_requested() {
    let scene = Scene::new();
    scene.write("fargate.yml", "service: web\nclusters: prod\n");
    let ran = scene.run(&["deploy"]).ended(2);
    for words in [
        "unknown member \"clusters\"",
        "fargate.yml:2:1",
        "did you mean cluster?",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    let ran = scene.run(&["deploy", "production"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(scene.cloud.requests().is_empty());
}

#[test]
fn an_environment_needs_the_file() {
    let scene = Scene::new();
    let ran = scene.run(&["deploy", "production"]).ended(3);
    assert!(
        ran.stderr.contains("there is no fargate.yml"),
        "{}",
        ran.stderr
    );
}

#[test]
fn config_shows_each_value_and_its_source() {
    let scene = Scene::new();
    scene.write("fargate.yml", FILE);
    let mut command = scene.command(&["config", "production", "--format", "json"]);
    command
        .args(["--service", "from-flag"])
        .env("FARGATE_TIMEOUT", "5m");
    let ran = crate::scene::ran(command.output().expect("started")).ended(0);
    let shown: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    for (flag, value, source) in [
        ("service", "from-flag", "flag"),
        ("timeout", "5m", "variable FARGATE_TIMEOUT"),
        ("cluster", "prod", "fargate.yml:5"),
        ("source", "oci:image", "fargate.yml:2"),
    ] {
        assert_eq!(shown[flag]["value"][0], value, "{flag}");
        assert_eq!(shown[flag]["source"], source, "{flag}");
    }
    let ran = scene.run(&["config", "production"]).ended(0);
    assert!(ran.stdout.contains("fargate.yml:5"), "{}", ran.stdout);
    assert!(scene.cloud.requests().is_empty());
}

#[test]
fn the_short_help_fits_on_a_screen() {
    let scene = Scene::new();
    for name in ["deploy", "config"] {
        let mut command = scene.command(&[name, "-h"]);
        command.env("COLUMNS", "80");
        let ran = crate::scene::ran(command.output().expect("started")).ended(0);
        let count = ran.stdout.lines().count();
        assert!(count <= 40, "{count} lines:\n{}", ran.stdout);
        assert!(
            ran.stdout.lines().all(|line| line.chars().count() <= 80),
            "{}",
            ran.stdout
        );
    }
}
