//! Each lint is found at its location with its message, and a correct definition has no lints.

mod documented;
mod mistakes;
mod service;

use ecs_document::lints::{DeploymentTarget, Lint, LintCode, index, lint};
use ecs_document::{Document, Syntax};
use serde_json::{Value, json};

/// A definition without mistakes.
fn sound() -> Document {
    let text = r#"{
  "family": "web",
  "cpu": "256",
  "memory": "512",
  "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
  "taskRoleArn": "arn:aws:iam::123456789012:role/team/task",
  "volumes": [{"name": "data"}],
  "containerDefinitions": [
    {
      "name": "app",
      "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:0123",
      "portMappings": [{"containerPort": 80, "hostPort": 80, "name": "web"}],
      "environment": [{"name": "STAGE", "value": "prod"}],
      "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf:json::"}],
      "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]},
      "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
      "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/web", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "app"}}
    },
    {
      "name": "side",
      "image": "public.ecr.aws/x/side:1.2",
      "essential": false,
      "dependsOn": [{"containerName": "app", "condition": "HEALTHY"}]
    }
  ]
}"#;
    Document::parse(text, "t.json", Syntax::Json).unwrap()
}

fn lints(document: &Document) -> Vec<Lint> {
    let context = DeploymentTarget {
        region: Some("eu-west-1".to_owned()),
        is_fargate: None,
    };
    lint(document, &context)
}

#[test]
fn a_sound_definition_has_no_lints() {
    assert_eq!(lints(&sound()), []);
    assert_eq!(lint(&sound(), &DeploymentTarget::default()), []);
}

const APP: &str = "/containerDefinitions/0";

#[test]
fn each_mistake_is_found_at_its_location() {
    let mut wrong = Vec::new();
    for (changes, expected) in mistakes::ALL.into_iter().chain(documented::ALL).flatten() {
        let mut document = sound();
        for (pointer, value) in *changes {
            let pointer = pointer.replace("APP", APP);
            let value: Value = serde_json::from_str(value).unwrap();
            if value.is_null() {
                document.remove(&pointer).unwrap();
            } else {
                document.set(&pointer, value).unwrap();
            }
        }
        let messages: Vec<String> = lints(&document)
            .iter()
            .map(|l| {
                let place = l.location.unwrap();
                format!(
                    "{}:{} {}: {}",
                    place.line,
                    place.column,
                    l.code.as_str(),
                    l.message
                )
            })
            .collect();
        if !messages.iter().any(|s| s == expected) {
            wrong.push(format!(
                "{changes:?}: {messages:#?} does not contain {expected:?}"
            ));
        }
        assert!(
            messages.len() <= 3,
            "{changes:?}: one mistake, few lints: {messages:#?}"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn limits_are_held() {
    let mut document = sound();
    for index in 2..11 {
        let container = json!({"name": format!("c{index}"), "image": "x:1"});
        document.set("/containerDefinitions/-", container).unwrap();
    }
    document
        .set(
            "/containerDefinitions/2/command",
            json!(["x".repeat(65_000)]),
        )
        .unwrap();
    let codes: Vec<&str> = lints(&document).iter().map(|l| l.code.as_str()).collect();
    assert_eq!(codes, ["too-large", "too-large"]);
}

#[test]
fn other_rules_apply_to_ec2() {
    let text = r#"{"family": "x", "requiresCompatibilities": ["EC2"],
        "containerDefinitions": [{"name": "app", "image": "x:1", "privileged": true,
        "portMappings": [{"containerPort": 80, "hostPort": 8080}]}]}"#;
    let document = Document::parse(text, "t.json", Syntax::Json).unwrap();
    let messages: Vec<String> = lints(&document).into_iter().map(|l| l.message).collect();
    assert_eq!(
        messages,
        ["neither the task nor container app has a memory size"]
    );
}

#[test]
fn without_a_launch_type_fargate_is_a_guess() {
    let text = r#"{"family": "x", "networkMode": "awsvpc", "cpu": "300", "memory": "512",
        "containerDefinitions": [{"name": "app", "image": "x:1", "privileged": true}]}"#;
    let document = Document::parse(text, "t.json", Syntax::Json).unwrap();
    let found = |is_fargate| -> Vec<String> {
        let target = DeploymentTarget {
            region: None,
            is_fargate,
        };
        let lints = lint(&document, &target);
        lints
            .iter()
            .map(|l| format!("{}: {}", l.severity.as_str(), l.message))
            .collect()
    };
    assert_eq!(
        found(None),
        [
            "warning: Fargate does not offer 300 CPU units; choose 256, 512, 1024, 2048, 4096, 8192, 16384 (if the task runs on Fargate)",
            "warning: container app uses privileged, which Fargate does not support (if the task runs on Fargate)",
        ]
    );
    assert_eq!(found(Some(false)), [""; 0]);
    assert_eq!(found(Some(true)).len(), 2);
    assert!(found(Some(true)).iter().all(|l| l.starts_with("error: ")));
    // Fargate requires the sizes of the task, so without them it is not Fargate.
    let text = text.replace("\"cpu\": \"300\", ", "");
    let document = Document::parse(&text, "t.json", Syntax::Json).unwrap();
    assert_eq!(lint(&document, &DeploymentTarget::default()), []);
}

#[test]
fn no_message_contains_the_value_of_a_variable() {
    let mut document = sound();
    let leaks = json!([
        {"name": "DB_PASSWORD", "value": "VALUE-hunter22"}, {"name": "U", "value": "http://u:VALUE-x@h"},
        {"name": "DB_PASSWORD", "value": 5}, {"name": "KEY", "value": "VALUE"}, {"name": "T", "value": ["VALUE"]},
    ]);
    document
        .set("/containerDefinitions/0/environment", leaks)
        .unwrap();
    document
        .set(
            "/containerDefinitions/0/secrets/0/valueFrom",
            json!("a VALUE b"),
        )
        .unwrap();
    let found = lints(&document);
    assert!(found.len() >= 6, "{found:#?}");
    assert!(
        found.iter().all(|l| !l.message.contains("VALUE")),
        "{found:#?}"
    );
}

#[test]
fn every_code_has_a_unique_name_and_a_page() {
    let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lints");
    let mut names: Vec<&str> = LintCode::ALL.iter().map(|c| c.as_str()).collect();
    for code in LintCode::ALL {
        assert_eq!(code.as_str().parse(), Ok(*code));
        let page = std::fs::read_to_string(pages.join(format!("{}.md", code.as_str())))
            .unwrap_or_else(|_| panic!("docs/lints/{}.md is missing", code.as_str()));
        assert!(
            page.starts_with(&format!("# {}\n", code.as_str())),
            "{}",
            code.as_str()
        );
        assert!(
            page.contains(code.severity().as_str()),
            "{} has its severity",
            code.as_str()
        );
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), LintCode::ALL.len());
    for page in std::fs::read_dir(pages).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        let name = name.trim_end_matches(".md");
        assert!(
            name == "README" || name.parse::<LintCode>().is_ok(),
            "{name} is not the page of a lint"
        );
    }
}

#[test]
fn the_index_is_made_from_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lints/README.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        page,
        index(),
        "docs/lints/README.md is out of date: run cargo xtask regenerate"
    );
    for code in LintCode::ALL {
        let meaning = code.meaning();
        assert!(
            !meaning.ends_with('.') && !meaning.contains(['|', '\n']),
            "{}: {meaning}",
            code.as_str()
        );
    }
    assert!(LintCode::ALL.is_sorted_by_key(|code| code.as_str()));
}
