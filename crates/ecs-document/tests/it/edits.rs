//! Edits change what they name, keep its position, and change nothing else.

use ecs_document::edits::{Edit, Role, Scope, apply, command_words};
use ecs_document::{Document, Syntax};
use serde_json::{Value, json};

const TEXT: &str = r#"{
  "family": "web",
  "memberOfTomorrow": 12345678901234567890123,
  "containerDefinitions": [
    {"name": "app", "image": "app:1", "essential": true,
     "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
     "secrets": [{"name": "S", "valueFrom": "arn:s"}],
     "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/a", "x": "1"}},
     "cpu": 10},
    {"name": "side", "image": "side:1"}
  ],
  "cpu": "256"
}"#;

fn edited(edits: &[Edit]) -> Result<Value, String> {
    let document = Document::parse(TEXT, "t.json", Syntax::Json).unwrap();
    match apply(document, edits) {
        Ok((edited, _)) => Ok(edited.into_value()),
        Err(error) => Err(error.to_string()),
    }
}

fn on(names: &str) -> Scope {
    names.parse().unwrap()
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn each_edit_changes_only_its_member() {
    let env = |scope, name, value| Edit::Env {
        scope,
        name: text(name),
        value: text(value),
    };
    let cases: Vec<(Edit, &str, Value)> = vec![
        (
            Edit::Image {
                scope: Some(on("app")),
                uri: text("r/a@sha256:1"),
            },
            "/containerDefinitions/0/image",
            json!("r/a@sha256:1"),
        ),
        (
            env(on("app"), "B", "x=y=z"),
            "/containerDefinitions/0/environment",
            json!([{"name": "A", "value": "1"}, {"name": "B", "value": "x=y=z"}]),
        ),
        (
            env(on("app"), "C", ""),
            "/containerDefinitions/0/environment",
            json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": ""}]),
        ),
        (
            env(on("side"), "C", "3"),
            "/containerDefinitions/1/environment",
            json!([{"name": "C", "value": "3"}]),
        ),
        (
            Edit::UnsetEnv {
                scope: on("app"),
                name: text("A"),
            },
            "/containerDefinitions/0/environment",
            json!([{"name": "B", "value": "2"}]),
        ),
        (
            Edit::UnsetEnv {
                scope: Scope::All,
                name: text("A"),
            },
            "/containerDefinitions/0/environment",
            json!([{"name": "B", "value": "2"}]),
        ),
        (
            Edit::UnsetSecret {
                scope: on("app"),
                name: text("S"),
            },
            "/containerDefinitions/0/secrets",
            Value::Null,
        ),
        (
            Edit::OnlyEnv {
                scope: on("app"),
                keep: vec![text("B")],
            },
            "/containerDefinitions/0/environment",
            json!([{"name": "B", "value": "2"}]),
        ),
        (
            Edit::Secret {
                scope: on("app"),
                name: text("S"),
                value_from: text("arn:t:k::"),
            },
            "/containerDefinitions/0/secrets",
            json!([{"name": "S", "valueFrom": "arn:t:k::"}]),
        ),
        (
            Edit::EnvFile {
                scope: on("side"),
                arn: text("arn:aws:s3:::b/f.env"),
            },
            "/containerDefinitions/1/environmentFiles",
            json!([{"value": "arn:aws:s3:::b/f.env", "type": "s3"}]),
        ),
        (
            Edit::Command {
                scope: Some(on("side")),
                words: command_words("sh -c 'a b'").unwrap(),
            },
            "/containerDefinitions/1/command",
            json!(["sh", "-c", "a b"]),
        ),
        (
            Edit::LogDriver {
                scope: on("side"),
                driver: text("awslogs"),
            },
            "/containerDefinitions/1/logConfiguration",
            json!({"logDriver": "awslogs"}),
        ),
        (
            Edit::LogOption {
                scope: on("app"),
                name: text("x"),
                value: text("a=b=c"),
            },
            "/containerDefinitions/0/logConfiguration/options",
            json!({"awslogs-group": "/a", "x": "a=b=c"}),
        ),
        (
            Edit::Label {
                scope: on("side"),
                name: text("a/b.c"),
                value: text("x=y"),
            },
            "/containerDefinitions/1/dockerLabels",
            json!({"a/b.c": "x=y"}),
        ),
        (
            Edit::Cpu {
                scope: None,
                text: text("0.5 vCPU"),
            },
            "/cpu",
            json!("0.5 vCPU"),
        ),
        (
            Edit::Cpu {
                scope: Some(on("app")),
                text: text("0.25 vCPU"),
            },
            "/containerDefinitions/0/cpu",
            json!(256),
        ),
        (
            Edit::Memory {
                scope: None,
                text: text("1024"),
            },
            "/memory",
            json!("1024"),
        ),
        (
            Edit::Memory {
                scope: Some(on("side")),
                text: text("1 GB"),
            },
            "/containerDefinitions/1/memory",
            json!(1024),
        ),
        (
            Edit::Role {
                role: Role::Task,
                arn: text("arn:r"),
            },
            "/taskRoleArn",
            json!("arn:r"),
        ),
        (
            Edit::Role {
                role: Role::Execution,
                arn: text("arn:e"),
            },
            "/executionRoleArn",
            json!("arn:e"),
        ),
        (
            Edit::Tag {
                key: text("team"),
                value: text("web"),
            },
            "/tags",
            json!([{"key": "team", "value": "web"}]),
        ),
        (
            Edit::Set {
                pointer: text("/containerDefinitions/app/stopTimeout"),
                value: json!(30),
            },
            "/containerDefinitions/0/stopTimeout",
            json!(30),
        ),
        (
            Edit::Set {
                pointer: text("/containerDefinitions/app/environment/B/value"),
                value: json!(30),
            },
            "/containerDefinitions/0/environment/1/value",
            json!("30"),
        ),
        (
            Edit::Set {
                pointer: text("/cpu"),
                value: json!(512),
            },
            "/cpu",
            json!("512"),
        ),
        (
            Edit::Set {
                pointer: text("/runtimePlatform/cpuArchitecture"),
                value: json!("ARM64"),
            },
            "/runtimePlatform",
            json!({"cpuArchitecture": "ARM64"}),
        ),
    ];
    let original: Value = serde_json::from_str(TEXT).unwrap();
    for (edit, pointer, expected) in cases {
        let mut result = edited(std::slice::from_ref(&edit)).unwrap();
        let found = result.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{edit:?}");
        // Undo the change: the rest must be as before.
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let mut parent_value = result.pointer_mut(parent).unwrap();
        match original.pointer(pointer) {
            Some(before) => parent_value[member] = before.clone(),
            None => {
                parent_value.as_object_mut().unwrap().shift_remove(member);
                if parent == "/containerDefinitions/1/logConfiguration" {
                    parent_value = result.pointer_mut("/containerDefinitions/1").unwrap();
                    parent_value
                        .as_object_mut()
                        .unwrap()
                        .shift_remove("logConfiguration");
                }
            }
        }
        assert_eq!(result, original, "{edit:?}");
    }
}

#[test]
fn several_containers_are_named_or_all_are_meant() {
    let image = |scope| {
        edited(&[Edit::Image {
            scope,
            uri: text("new"),
        }])
    };
    for names in ["app, side", "*"] {
        let result = image(Some(on(names))).unwrap();
        assert_eq!(result["containerDefinitions"][0]["image"], "new");
        assert_eq!(result["containerDefinitions"][1]["image"], "new");
    }
    assert_eq!(
        image(None),
        Err(text(
            "an image needs a container because there are 2: app, side"
        ))
    );
}

#[test]
fn impossible_edits_are_errors() {
    for (edit, messages) in [
        (
            Edit::Image {
                scope: Some(on("ap")),
                uri: text("x"),
            },
            "there is no container \"ap\"",
        ),
        (
            Edit::LogOption {
                scope: Scope::All,
                name: text("o"),
                value: text("v"),
            },
            "container side has no log driver to set the option o of",
        ),
        (
            Edit::Cpu {
                scope: None,
                text: text("half"),
            },
            "\"half\" is not a CPU size: write units (256) or vCPU (\"0.25 vCPU\")",
        ),
        (
            Edit::Memory {
                scope: None,
                text: text("1GiB"),
            },
            "\"1GiB\" is not a memory size: write MiB (512) or GB (\"0.5 GB\")",
        ),
        (
            Edit::Set {
                pointer: text("/containerDefinitions/none/cpu"),
                value: json!(1),
            },
            "/containerDefinitions/none/cpu: /containerDefinitions has no element \"none\"; available: app, side",
        ),
        (
            Edit::Set {
                pointer: text("cpu"),
                value: json!(1),
            },
            "\"cpu\" is not a JSON pointer: it must start with /",
        ),
        (
            Edit::Set {
                pointer: text("/cpu/x"),
                value: json!(1),
            },
            "/cpu is a string, so it has no member \"x\"",
        ),
    ] {
        assert_eq!(
            edited(std::slice::from_ref(&edit)),
            Err(text(messages)),
            "{edit:?}"
        );
    }
}

#[test]
fn unsetting_a_missing_name_is_reported() {
    let document = Document::parse(TEXT, "t.json", Syntax::Json).unwrap();
    let edits = [
        Edit::UnsetEnv {
            scope: on("app"),
            name: text("Z"),
        },
        Edit::UnsetEnv {
            scope: Scope::All,
            name: text("A"),
        },
        Edit::UnsetSecret {
            scope: Scope::All,
            name: text("Z"),
        },
    ];
    let (_, nothing) = apply(document, &edits).unwrap();
    let messages: Vec<String> = nothing
        .iter()
        .map(|n| format!("{} {} {}", n.container, n.what, n.name))
        .collect();
    assert_eq!(
        messages,
        ["app variable Z", "app secret Z", "side secret Z"]
    );
}
