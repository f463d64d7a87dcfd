//! The inputs of the official render action (its action.yml), case by case: the effect of each, and
//! the flag that has it here. `docs/render-taskdef.md` explains the intended differences.

use serde_json::{Value, json};

use crate::live::Live;
use crate::scene::{Ran, Scene};

const DEFINITION: &str = r#"{
  "family": "task-def-family",
  "memberOfTomorrow": {"kept": true},
  "containerDefinitions": [
    {"name": "web", "image": "some-other-image", "memory": 128,
     "environment": [{"name": "FOO", "value": "bar"}, {"name": "DEBUG", "value": "false"}],
     "secrets": [{"name": "EXISTING", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/old"}],
     "logConfiguration": {"logDriver": "json-file", "options": {"max-size": "1m"}},
     "dockerLabels": {"key0": "value0"}},
    {"name": "sidecar", "image": "hello", "memory": 128}
  ],
  "executionRoleArn": "arn:aws:iam::123456789012:role/old"
}"#;

fn render(args: &[&str], env: &[(&str, &str)]) -> Ran {
    let scene = Scene::of(DEFINITION);
    let mut all = vec![
        "--task-definition",
        "t.json",
        "--ignore",
        "latest-tag,unknown-member",
    ];
    all.extend(args);
    scene.run_with(&all, env, "")
}

/// The action's inputs, the arguments here, a pointer and its value. Everything else is unchanged.
struct Case {
    action: &'static str,
    args: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    pointer: &'static str,
    expected: Value,
}

fn case(
    action: &'static str,
    args: &'static [&'static str],
    pointer: &'static str,
    expected: Value,
) -> Case {
    Case {
        action,
        args,
        env: &[],
        pointer,
        expected,
    }
}

#[test]
fn each_input_has_its_flag() {
    let web = |member: &'static str| -> &'static str {
        match member {
            "image" => "/containerDefinitions/0/image",
            "environment" => "/containerDefinitions/0/environment",
            "secrets" => "/containerDefinitions/0/secrets",
            "command" => "/containerDefinitions/0/command",
            "labels" => "/containerDefinitions/0/dockerLabels",
            "files" => "/containerDefinitions/0/environmentFiles",
            _ => "/containerDefinitions/0/logConfiguration",
        }
    };
    let cases = [
        case(
            "container-name: web, image",
            &["--image", "web=nginx:1"],
            web("image"),
            json!("nginx:1"),
        ),
        case(
            "container-name: several, one image",
            &["--image", "web,sidecar=nginx:1"],
            "/containerDefinitions/1/image",
            json!("nginx:1"),
        ),
        case(
            "the same with a blank: trimmed here",
            &["--image", "web, sidecar=nginx:1"],
            "/containerDefinitions/1/image",
            json!("nginx:1"),
        ),
        case(
            "two images need two runs there, one here",
            &["--image", "web=a:1", "--image", "sidecar=b:1"],
            "/containerDefinitions/1/image",
            json!("b:1"),
        ),
        case(
            "environment-variables: replaces and appends",
            &["--env", "web:FOO=new", "--env", "web:HELLO=world"],
            web("environment"),
            json!([{"name": "FOO", "value": "new"}, {"name": "DEBUG", "value": "false"}, {"name": "HELLO", "value": "world"}]),
        ),
        case(
            "a value with equal signs is whole",
            &["--env", "web:DEBUG=a=b=c"],
            "/containerDefinitions/0/environment/1/value",
            json!("a=b=c"),
        ),
        Case {
            env: &[("FARGATE_ENV", "web:FOO=multi\n\n  web:LINE=text\n")],
            ..case(
                "a multi-line input: one entry a line",
                &[],
                web("environment"),
                json!([{"name": "FOO", "value": "multi"}, {"name": "DEBUG", "value": "false"}, {"name": "LINE", "value": "text"}]),
            )
        },
        case(
            "secrets: replaces and appends",
            &[
                "--secret",
                "web:EXISTING=arn:aws:ssm:eu-west-1:123456789012:parameter/new",
                "--secret",
                "web:TWO=/two",
            ],
            web("secrets"),
            json!([{"name": "EXISTING", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/new"}, {"name": "TWO", "valueFrom": "/two"}]),
        ),
        case(
            "log-configuration-log-driver",
            &[
                "--log-driver",
                "web:awslogs",
                "--log-option",
                "web:awslogs-group=/x",
                "--log-option",
                "web:awslogs-region=eu-west-1",
            ],
            web("logs"),
            json!({"logDriver": "awslogs", "options": {"max-size": "1m", "awslogs-group": "/x", "awslogs-region": "eu-west-1"}}),
        ),
        case(
            "log-configuration-options: whole values",
            &["--log-option", "web:labels=a=b"],
            "/containerDefinitions/0/logConfiguration/options/labels",
            json!("a=b"),
        ),
        case(
            "docker-labels: whole values",
            &["--label", "web:key1=a=b"],
            web("labels"),
            json!({"key0": "value0", "key1": "a=b"}),
        ),
        case(
            "command: quotes are understood here",
            &["--command", "web:sh -c \"echo hi\""],
            web("command"),
            json!(["sh", "-c", "echo hi"]),
        ),
        case(
            "command: plain words",
            &["--command", "web:npm start --nice"],
            web("command"),
            json!(["npm", "start", "--nice"]),
        ),
        case(
            "env-files",
            &["--env-file", "web:arn:aws:s3:::bucket/a.env"],
            web("files"),
            json!([{"value": "arn:aws:s3:::bucket/a.env", "type": "s3"}]),
        ),
        case(
            "task-role-arn",
            &["--role", "task=arn:aws:iam::123456789012:role/t"],
            "/taskRoleArn",
            json!("arn:aws:iam::123456789012:role/t"),
        ),
        case(
            "execution-role-arn",
            &["--role", "execution=arn:aws:iam::123456789012:role/e"],
            "/executionRoleArn",
            json!("arn:aws:iam::123456789012:role/e"),
        ),
    ];
    let original: Value = serde_json::from_str(DEFINITION).unwrap();
    for case in cases {
        let ran = render(case.args, case.env);
        let rendered = ran.rendered();
        assert_eq!(
            rendered.pointer(case.pointer),
            Some(&case.expected),
            "{}",
            case.action
        );
        assert_eq!(
            rendered["memberOfTomorrow"], original["memberOfTomorrow"],
            "{}",
            case.action
        );
        assert_eq!(rendered["family"], original["family"], "{}", case.action);
    }
}

#[test]
fn a_definition_comes_from_ecs_by_its_names() {
    let live = Live::new();
    let (region, account) = (live.cloud.region(), live.cloud.account());
    let arn = format!("arn:aws:ecs:{region}:{account}:task-definition/web:1");
    for (action, named, newest) in [
        ("task-definition-arn", arn.as_str(), false),
        ("task-definition-family: the newest revision", "web", true),
        ("task-definition-family and -revision", "web:1", false),
    ] {
        let ran = live.run(&["--task-definition", named, "--image", "side=new:1"]);
        let rendered = ran.rendered();
        let containers = &rendered["containerDefinitions"];
        assert_eq!(containers[1]["image"], "new:1", "{action}");
        let other = if newest { "app:2" } else { "app:1" };
        assert_eq!(containers[0]["image"], other, "{action}");
        assert!(rendered.get("taskDefinitionArn").is_none(), "{action}");
    }
}

#[test]
fn several_lines_are_several_entries_in_every_list() {
    let env = [
        ("FARGATE_SECRET", "web:A=/a\n\n  web:B=/b"),
        ("FARGATE_LABEL", "web:a=1\nweb:b=2"),
        ("FARGATE_LOG_OPTION", "web:labels=a\nweb:tag=b"),
        (
            "FARGATE_ENV_FILE",
            "web:arn:aws:s3:::bucket/a.env\nweb:arn:aws:s3:::bucket/b.env",
        ),
    ];
    let rendered = render(&[], &env).rendered();
    let web = &rendered["containerDefinitions"][0];
    assert_eq!(web["secrets"][1], json!({"name": "A", "valueFrom": "/a"}));
    assert_eq!(web["secrets"][2], json!({"name": "B", "valueFrom": "/b"}));
    assert_eq!(web["dockerLabels"]["b"], "2");
    assert_eq!(web["logConfiguration"]["options"]["tag"], "b");
    assert_eq!(web["environmentFiles"].as_array().unwrap().len(), 2);
}

#[test]
fn errors_of_the_action_and_further_mistakes_are_rejected() {
    for (action, args, expected) in [
        (
            "no such container: an error there, with the names here",
            &["--image", "api=x:1"][..],
            "there is no container \"api\"",
        ),
        (
            "env and secret of one name: both written there",
            &["--secret", "web:FOO=/x"],
            "container web has FOO both as a variable and as a secret",
        ),
        (
            "256 CPU units and 600 MiB: written there",
            &[
                "--cpu",
                "256",
                "--memory",
                "600",
                "--set",
                "/requiresCompatibilities=[\"FARGATE\"]",
                "--set",
                "/networkMode=awsvpc",
                "--log-driver",
                "web:splunk",
            ],
            "with 256 CPU units, Fargate offers 512, 1024 or 2048 MiB, not 600 MiB",
        ),
    ] {
        let ran = render(args, &[]);
        assert_eq!(ran.code, 2, "{action}");
        assert!(ran.stderr.contains(expected), "{action}: {}", ran.stderr);
    }
}
