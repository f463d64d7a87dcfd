//! Terraform plans: what a report contains, and that it never contains a value.

use deploy_status::{ChangeKind, read_plan, render_plan};
use fakes::Cloud;
use serde_json::{Value, json};

use crate::scene::run;

const REPOSITORY: &str = "acme/web";
const MARKER: &str = "<!-- fargate-pipeline deploy-status terraform-plan Infra -->";
const SECRET: &str = "correct-horse-battery";

fn resource(address: &str, actions: &[&str], more: Value) -> Value {
    let mut change =
        json!({"actions": actions, "before": null, "after": null, "after_unknown": {}});
    for (name, value) in more.as_object().unwrap() {
        change[name] = value.clone();
    }
    json!({"address": address, "change": change})
}

fn plan(resources: &[Value]) -> Value {
    json!({
        "format_version": "1.2", "terraform_version": "1.11.4",
        "resource_changes": resources,
        "output_changes": {
            "api_endpoint": {"actions": ["no-op"], "before": SECRET, "after": SECRET},
            "vpc_id": {"actions": ["create"], "after": SECRET},
        },
    })
}

fn usual() -> Value {
    plan(&[
        resource("aws_vpc.this", &["no-op"], json!({})),
        resource("data.aws_ami.app", &["read"], json!({})),
        resource(
            "aws_ecs_cluster.this",
            &["create"],
            json!({"after": {"name": SECRET}}),
        ),
        resource(
            "aws_lb_target_group.this",
            &["update"],
            json!({
                "before": {"name": "a", "health_check": [{"path": "/"}], "password": SECRET, "id": "x", "gone": "y"},
                "after": {"name": "a", "health_check": [{"path": "/health"}], "password": "new", "id": "x", "gone": null},
                "after_unknown": {"arn": true},
            }),
        ),
        resource(
            "aws_apigatewayv2_vpc_link.this",
            &["delete", "create"],
            json!({"replace_paths": [["subnet_ids"], ["tags", 0]]}),
        ),
        resource(
            "aws_eip.nat[\"b\"]",
            &["delete"],
            json!({"before": {"public_ip": SECRET}}),
        ),
    ])
}

#[test]
fn the_most_severe_change_comes_first_and_no_value_is_shown() {
    let plan_summary = read_plan(&usual().to_string()).unwrap();
    assert_eq!(
        plan_summary.counts(),
        "1 to destroy, 1 to replace, 1 to change, 1 to add"
    );
    let text = render_plan(&plan_summary, Some("Infra"), "<sub>run</sub>\n", 65_536);
    insta::assert_snapshot!(text, @r#"
    ### ⚠️ Terraform plan of `Infra`: 1 to destroy, 1 to replace, 1 to change, 1 to add

    **Destroyed (1)**

    - `aws_eip.nat["b"]`

    **Replaced: destroyed and created again (1)**

    - `aws_apigatewayv2_vpc_link.this`: forced by `subnet_ids`, `tags.0`

    **Changed in place (1)**

    - `aws_lb_target_group.this`: `gone`, `health_check`, `password`

    **Added (1)**

    - `aws_ecs_cluster.this`

    **Outputs that change**: `vpc_id`

    <sub>run</sub>
    "#);
    assert!(!text.contains(SECRET));
}

#[test]
fn a_plan_without_changes_is_one_line() {
    let mut quiet = plan(&[resource("aws_vpc.this", &["no-op"], json!({}))]);
    quiet["output_changes"] = json!({});
    let plan_summary = read_plan(&quiet.to_string()).unwrap();
    assert!(plan_summary.is_empty());
    assert_eq!(
        render_plan(&plan_summary, None, "", 65_536),
        "### ✅ Terraform plan: no changes\n\n"
    );
}

#[test]
fn a_failed_plan_is_reported_as_incomplete() {
    let mut errored = usual();
    errored["errored"] = json!(true);
    let text = render_plan(&read_plan(&errored.to_string()).unwrap(), None, "", 65_536);
    assert!(text.starts_with("### ❌ "), "{text}");
    assert!(text.contains("this plan is incomplete"), "{text}");
}

#[test]
fn an_address_cannot_break_out() {
    let hostile = "aws_x.y[\"`](https://evil) @team <img src=x> -->\n### gone\"]";
    let plan_summary =
        read_plan(&plan(&[resource(hostile, &["create"], json!({}))]).to_string()).unwrap();
    let text = render_plan(&plan_summary, Some("Infra"), "", 65_536);
    assert!(!text.contains("<img"), "{text}");
    assert!(!text.contains("@team"), "{text}");
    assert!(!text.contains("\n### gone"), "{text}");
}

#[test]
fn a_long_plan_is_shortened_but_keeps_its_losses() {
    let mut resources: Vec<Value> = (0..3_000)
        .map(|n| {
            resource(
                &format!("module.m.aws_instance.server[{n}]"),
                &["create"],
                json!({}),
            )
        })
        .collect();
    resources.push(resource("aws_db_instance.orders", &["delete"], json!({})));
    let plan_summary = read_plan(&plan(&resources).to_string()).unwrap();
    assert_eq!(plan_summary.count(ChangeKind::Add), 3_000);
    let text = render_plan(&plan_summary, None, "", 65_536);
    assert!(text.encode_utf16().count() <= 65_536);
    assert!(text.contains("1 to destroy, 3000 to add"), "{text}");
    assert!(text.contains("aws_db_instance.orders"), "{text}");
    assert!(text.contains("Shortened to fit"), "{text}");

    let all_lost: Vec<Value> = (0..3_000)
        .map(|n| {
            resource(
                &format!("module.m.aws_instance.server[{n}]"),
                &["delete"],
                json!({}),
            )
        })
        .collect();
    let plan_summary = read_plan(&plan(&all_lost).to_string()).unwrap();
    let text = render_plan(&plan_summary, None, "", 65_536);
    assert!(text.encode_utf16().count() <= 65_536);
    assert!(text.contains("3000 to destroy"), "{text}");
}

struct Stack {
    cloud: Cloud,
    directory: tempfile::TempDir,
}

impl Stack {
    fn new() -> Self {
        let cloud = Cloud::start();
        let sha = "3f2c1d0e9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d";
        cloud.github().pull_request(REPOSITORY, 7, sha);
        let directory = tempfile::tempdir().unwrap();
        Stack { cloud, directory }
    }

    fn run(&self, plan: &Value, more: &[&str]) -> std::process::Output {
        let file = self.directory.path().join("plan.json");
        std::fs::write(&file, plan.to_string()).unwrap();
        let (api, results) = (
            self.cloud.endpoint_url(),
            self.directory.path().join("results"),
        );
        let mut args = vec![
            "--terraform-plan",
            file.to_str().unwrap(),
            "--name",
            "Infra",
        ];
        args.extend(["--git-repository", REPOSITORY, "--api-url", &api]);
        args.extend(["--results", results.to_str().unwrap()]);
        args.extend(more);
        let env = [
            ("GITHUB_TOKEN".to_owned(), self.cloud.github().token()),
            ("NO_PROXY".to_owned(), "127.0.0.1".to_owned()),
        ];
        run(&args, &env)
    }

    fn result(&self) -> Value {
        let file = self.directory.path().join("results/deploy-status.json");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }
}

fn quiet() -> Value {
    let mut quiet = plan(&[]);
    quiet["output_changes"] = json!({});
    quiet
}

#[test]
fn the_plan_has_a_comment_of_its_own() {
    let stack = Stack::new();
    let other = "<!-- fargate-pipeline deploy-status Infra -->\nthe deployment named Infra";
    stack
        .cloud
        .github()
        .comment(REPOSITORY, 7, "github-actions[bot]", other);
    let output = stack.run(&usual(), &["--pull-request", "7"]);
    assert!(output.status.success(), "{output:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        stdout.starts_with("### ⚠️ Terraform plan of `Infra`"),
        "{stdout}"
    );
    let result = stack.result();
    assert_eq!(result["verdict"], "posted");
    assert_eq!(result["data"]["comment"], "created");
    assert_eq!(
        result["data"]["destroyed"],
        json!(["aws_eip.nat[\"b\"]", "aws_apigatewayv2_vpc_link.this"])
    );
    assert!(!result.to_string().contains(SECRET));

    assert!(
        stack
            .run(&quiet(), &["--pull-request", "7"])
            .status
            .success()
    );
    let comments = stack.cloud.github().comments(REPOSITORY, 7);
    assert_eq!(comments.len(), 2);
    assert_eq!(comments[0].body, other);
    assert!(
        comments[1].body.starts_with(&format!("{MARKER}\n### ✅ ")),
        "{}",
        comments[1].body
    );
    assert_eq!(stack.result()["data"]["comment"], "updated");
}

#[test]
fn drift_is_one_issue_that_is_closed_afterwards() {
    let stack = Stack::new();
    let github = stack.cloud.github();
    let body = format!("{MARKER}\nsomebody else's");
    github.issue(REPOSITORY, "octocat", "copied", &body);

    let issues = |drift: &Value| {
        let output = stack.run(drift, &["--drift-issue"]);
        assert!(output.status.success(), "{output:?}");
        let all = stack.cloud.github().issues(REPOSITORY);
        all.into_iter().skip(1).collect::<Vec<_>>()
    };
    assert!(issues(&quiet()).is_empty(), "no drift, no issue");
    let opened = issues(&usual());
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].title, "Terraform drift: Infra");
    assert!(
        opened[0].open && opened[0].body.starts_with(MARKER),
        "{}",
        opened[0].body
    );

    let mut more = usual();
    more["resource_changes"][0]["change"]["actions"] = json!(["delete"]);
    let updated = issues(&more);
    assert_eq!(updated.len(), 1);
    assert!(
        updated[0].body.contains("aws_vpc.this"),
        "{}",
        updated[0].body
    );

    let closed = issues(&quiet());
    assert_eq!(closed.len(), 1);
    assert!(!closed[0].open);
    assert_eq!(issues(&usual()).len(), 2, "drift again is another issue");
}

#[test]
fn a_file_that_is_not_a_plan_has_its_own_error() {
    let stack = Stack::new();
    for (text, why) in [
        (b"PK\x03\x04".as_slice(), "it is not a plan in JSON"),
        (b"PK\x03\x04\xff\xfe", "is not UTF-8 text"),
        (b"{\"format_version\":\"2.0\"}", "only 1.x"),
        (b"", "is empty"),
    ] {
        let file = stack.directory.path().join("wrong.json");
        std::fs::write(&file, text).unwrap();
        let output = run(&["--terraform-plan", file.to_str().unwrap()], &[]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains(why) && stderr.contains("terraform show -json"),
            "{stderr}"
        );
    }
    let output = run(&["--terraform-plan", "/nowhere/plan.json"], &[]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(
        stderr.contains("Terraform plan /nowhere/plan.json does not exist"),
        "{stderr}"
    );
}
