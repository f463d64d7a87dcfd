//! Differences in meaning, and nothing else, with values of variables only if requested.

use ecs_document::diff::{Baseline, Diff, Marks, ValueVisibility, diff};
use ecs_document::model::DocumentKind;
use serde_json::{Value, json};

fn before() -> Value {
    json!({
        "family": "web", "cpu": "256", "memory": "512", "networkMode": "awsvpc",
        "tags": [{"key": "team", "value": "a"}],
        "containerDefinitions": [
            {"name": "app", "image": "r/app:1", "cpu": 0, "essential": true, "mountPoints": [],
             "command": ["a", "b"], "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
             "environment": [{"name": "A", "value": "VALUE-1"}, {"name": "GONE", "value": "VALUE-2"}],
             "secrets": [{"name": "S", "valueFrom": "arn:1"}],
             "dockerLabels": {"x": "1"},
             "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/a"}}},
            {"name": "old", "image": "r/old:1", "environment": [{"name": "E", "value": "VALUE-3"}]},
        ],
    })
}

fn after() -> Value {
    json!({
        "family": "web", "cpu": "0.25 vCPU", "memory": "1 GB", "networkMode": "awsvpc",
        "tags": [{"key": "team", "value": "b"}, {"key": "new", "value": "1"}],
        "memberOfTomorrow": {"x": 1},
        "containerDefinitions": [
            {"name": "new", "image": "r/new:1", "environment": [{"name": "E", "value": "VALUE-4"}]},
            {"name": "app", "image": "r/app@sha256:0123456789abcdef",
             "command": ["b", "a"], "portMappings": [{"containerPort": 80}, {"containerPort": 81}],
             "environment": [{"name": "NEW", "value": "VALUE-5"}, {"name": "A", "value": "VALUE-6"}],
             "secrets": [{"name": "S", "valueFrom": "arn:2"}, {"name": "T", "valueFrom": "arn:3"}],
             "dockerLabels": {"x": "2", "y": "line\n```\u{1b}[31m"},
             "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/a", "mode": "non-blocking"}}},
        ],
    })
}

fn of(before: &Value, after: &Value, against: Baseline, values: ValueVisibility) -> Diff {
    diff(DocumentKind::TaskDefinition, before, after, against, values)
}

#[test]
fn differences_are_shown_by_their_meaning() {
    let found = of(&before(), &after(), Baseline::Live, ValueVisibility::Hidden);
    insta::assert_snapshot!(found.lines(&Marks::PLAIN).join("\n"), @r#"
    ! container app image: r/app :1 → @sha256:0123456789ab
    ! container app command: ["a","b"] → ["b","a"]
    ! container app variable A: changed (value not shown)
    - container app variable GONE
    + container app variable NEW
    ! container app secret S: arn:1 → arn:2
    + container app secret T: arn:3
    ! container app label x: 1 → 2
    + container app label y: line\n```\u{1b}[31m
    + container app logConfiguration option mode: non-blocking
    + container app portMappings: {"containerPort":81}
    - container old: image r/old:1
    + container new: image r/new:1
    ! memory: 512 → 1024
    ! tag team: a → b
    + tag new: 1
    "#);
    let shown = of(
        &before(),
        &after(),
        Baseline::Document,
        ValueVisibility::Shown,
    );
    let lines = shown.lines(&Marks::PLAIN);
    assert!(
        lines.contains(&"! container app variable A: VALUE-1 → VALUE-6".to_owned()),
        "{lines:#?}"
    );
    assert!(
        lines.contains(&"+ memberOfTomorrow: {\"x\":1}".to_owned()),
        "{lines:#?}"
    );
}

#[test]
fn no_value_of_a_variable_is_in_it_unless_asked_for() {
    for against in [Baseline::Live, Baseline::Document] {
        let found = of(&before(), &after(), against, ValueVisibility::Hidden);
        assert!(!format!("{found:?}").contains("VALUE"), "{found:#?}");
        assert!(!found.markdown().contains("VALUE"));
    }
}

#[test]
fn the_same_meaning_has_no_difference() {
    assert!(
        of(
            &after(),
            &after(),
            Baseline::Document,
            ValueVisibility::Shown
        )
        .is_empty()
    );
    let mut live = after();
    live.as_object_mut()
        .unwrap()
        .shift_remove("memberOfTomorrow");
    assert!(of(&live, &after(), Baseline::Live, ValueVisibility::Shown).is_empty());
    assert!(!of(&live, &after(), Baseline::Document, ValueVisibility::Shown).is_empty());
}

#[test]
fn markdown_cannot_be_broken_out_of() {
    let found = of(
        &before(),
        &after(),
        Baseline::Document,
        ValueVisibility::Hidden,
    );
    let markdown = found.markdown();
    assert!(
        markdown.starts_with("````diff\n") && markdown.ends_with("\n````\n"),
        "{markdown}"
    );
    assert!(!markdown.contains('\u{1b}'));
    let colored = found.lines(&Marks::COLORED);
    assert!(
        colored
            .iter()
            .all(|l| l.ends_with("\u{1b}[0m") && l.matches('\u{1b}').count() == 2)
    );
}
