//! `--only`, `--require`, `--map`, `--include-sensitive`, and the schema version of Infra's outputs.

use serde_json::{Value, json};

use crate::run::{Ran, run_on, state};

fn outputs() -> String {
    state(json!({
        "ecs_cluster_name": "prod", "ecs_subnet_ids": ["subnet-1", "subnet-2"], "container_port": 8080,
        "empty": "", "!db_password": "hunter2", "!keys": {"a": "k1"},
    }))
}

fn read(args: &[&str]) -> Ran {
    let mut all = vec!["--state", "-"];
    all.extend(args);
    run_on(outputs().as_bytes(), &all)
}

#[test]
fn all_but_sensitive_outputs_by_default() {
    let ran = read(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        ran.json(),
        json!({"ecs_cluster_name": "prod", "ecs_subnet_ids": ["subnet-1", "subnet-2"], "container_port": 8080, "empty": ""})
    );
    assert!(
        ran.stderr
            .contains("omitted because they are sensitive: db_password, keys"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("hunter2") && !ran.stdout.contains("hunter2"));
}

#[test]
fn sensitive_outputs_when_asked_for() {
    let ran = read(&["--include-sensitive"]);
    assert_eq!(ran.json()["db_password"], "hunter2");
    assert_eq!(ran.json()["keys"], json!({"a": "k1"}));
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}

#[test]
fn selected_outputs_under_other_names() {
    for (args, expected) in [
        (
            &["--only", "container_port,empty"][..],
            json!({"container_port": 8080, "empty": ""}),
        ),
        (
            &["--only", "empty", "--only", " container_port "],
            json!({"container_port": 8080, "empty": ""}),
        ),
        (
            &["--map", "cluster=ecs_cluster_name", "--only", "cluster"],
            json!({"cluster": "prod"}),
        ),
        (
            &[
                "--map",
                "cluster=ecs_cluster_name",
                "--only",
                "ecs_cluster_name",
            ],
            json!({"cluster": "prod"}),
        ),
        (
            &["--map", "a=empty,b=empty", "--only", "empty,container_port"],
            json!({"a": "", "b": "", "container_port": 8080}),
        ),
        (
            &["--only", "empty", "--require", "ecs_cluster_name"],
            json!({"empty": ""}),
        ),
        (
            &[
                "--map",
                "empty=container_port,container_port=empty",
                "--only",
                "empty,container_port",
            ],
            json!({"empty": 8080, "container_port": ""}),
        ),
    ] {
        let ran = read(args);
        assert_eq!(ran.json(), expected, "{args:?}");
    }
}

#[test]
fn missing_outputs_are_reported_with_the_available_ones() {
    for (args, code, message) in [
        (
            &["--require", "ecs_cluster_nam,vpc_id"][..],
            3,
            "error: outputs not found: `ecs_cluster_nam`, `vpc_id`\nhint: available: `ecs_cluster_name`, ",
        ),
        (&["--only", "nope"], 3, "error: output not found: `nope`"),
        (&["--map", "a=nope"], 3, "error: output not found: `nope`"),
        (
            &["--require", "db_password"],
            2,
            "error: output `db_password` is sensitive, and sensitive outputs are omitted\nhint: add --include-sensitive",
        ),
        (
            &["--map", "empty=container_port"],
            2,
            "error: two outputs would have the name `empty`",
        ),
        (
            &["--map", "cluster"],
            2,
            "error: --map \"cluster\" is not NEW=OLD",
        ),
        (
            &["--map", "a b=empty"],
            2,
            "the new name \"a b\" may contain only",
        ),
    ] {
        let ran = read(args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
}

#[test]
fn require_rejects_a_null_output() {
    let text = json!({"a": {"value": null, "sensitive": false}}).to_string();
    let ran = run_on(text.as_bytes(), &["--state", "-", "--require", "a"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("output `a` is null"), "{}", ran.stderr);
    assert_eq!(
        run_on(text.as_bytes(), &["--state", "-"]).json(),
        json!({"a": null})
    );
    assert_eq!(
        run_on(text.as_bytes(), &["--state", "-", "--format", "shell"]).stdout,
        ""
    );
}

#[test]
fn a_state_without_outputs_has_its_own_hint() {
    let ran = run_on(
        state(json!({})).as_bytes(),
        &["--state", "-", "--require", "a"],
    );
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("the state has no outputs"),
        "{}",
        ran.stderr
    );
}

#[test]
fn infras_schema_is_checked() {
    let read = |outputs: Value| run_on(state(outputs).as_bytes(), &["--state", "-"]);
    assert_eq!(
        read(json!({"schema_version": 1, "ecs_cluster_name": "x"})).code,
        0
    );
    assert_eq!(
        read(json!({"schema_version": "1", "ecs_cluster_name": "x"})).code,
        0
    );
    let ran = read(json!({"schema_version": 2, "ecs_cluster_name": "x"}));
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("the outputs have schema version 2, but this program supports version 1"),
        "{}",
        ran.stderr
    );
    // In other configurations, an output with this name has no meaning.
    assert_eq!(read(json!({"schema_version": 2})).code, 0);
    assert_eq!(
        read(json!({"schema_version": "v9", "ecs_cluster_name": "x"})).code,
        0
    );
}
