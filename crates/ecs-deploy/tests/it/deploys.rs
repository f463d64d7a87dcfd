//! Creating, updating and leaving a service unchanged: what is sent and what is shown.

use serde_json::{Value, json};

use crate::scene::Scene;

#[test]
fn the_first_run_creates_and_gives_the_deployment() {
    let scene = Scene::new();
    let ran = scene.deploy();
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    assert_eq!(scene.writes(), ["RegisterTaskDefinition", "CreateService"]);
    let handle = &ran.data()["deployment"];
    let deployment = scene.service()["deployments"][0].clone();
    assert_eq!(handle["ecsSvcId"], deployment["id"]);
    assert_eq!(handle["taskDefinitionArn"], deployment["taskDefinition"]);
    let arn = handle["serviceDeploymentArn"].as_str().unwrap();
    assert!(arn.contains(":service-deployment/prod/web/"), "{arn}");
    assert_eq!(ran.stdout, format!("{arn}\n"));
    assert_eq!(ran.result["verdict"], "created");
    let revision = &ran.data()["taskDefinition"];
    assert_eq!(
        revision,
        &json!({"arn": deployment["taskDefinition"], "registered": true})
    );
    assert_eq!(ran.data().get("previousDeployment"), None);
}

#[test]
fn unknown_members_are_sent_unchanged() {
    let scene = Scene::new();
    let big: Value = serde_json::from_str("123456789012345678901234567890.50").unwrap();
    scene.edit("task.json", "/memberOfTomorrow", json!({"a": [null, big]}));
    scene.edit(
        "task.json",
        "/containerDefinitions/0/alsoNew",
        json!([1.0, "ü"]),
    );
    scene.edit(
        "service.json",
        "/serviceMemberOfTomorrow",
        json!({"deep": [{"x": null}]}),
    );
    scene.edit(
        "service.json",
        "/networkConfiguration/awsvpcConfiguration/newMember",
        json!(true),
    );
    let ran = scene.deploy();
    assert_eq!(ran.action(), "created");
    let body = &scene.cloud.requests_of("ecs", "RegisterTaskDefinition")[0].body;
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(
        body.contains(r#""memberOfTomorrow":{"a":[null,123456789012345678901234567890.50]}"#),
        "{body}"
    );
    assert!(body.contains(r#""alsoNew":[1.0,"ü"]"#), "{body}");
    let created = &scene.sent("CreateService")[0];
    assert_eq!(
        created["serviceMemberOfTomorrow"],
        json!({"deep": [{"x": null}]})
    );
    let network = &created["networkConfiguration"]["awsvpcConfiguration"];
    assert_eq!(network["newMember"], json!(true));
    // On a re-run, it is not a difference that AWS dropped all of them.
    scene.settle();
    assert_eq!(scene.deploy().action(), "unchanged");
    assert_eq!(scene.writes(), [""; 0]);
    // They are sent along with the next change.
    scene.edit("task.json", "/cpu", json!("512"));
    scene.edit("task.json", "/memory", json!("1024"));
    assert_eq!(scene.deploy().action(), "updated");
    let updated = &scene.sent("UpdateService")[0];
    assert_eq!(
        updated["serviceMemberOfTomorrow"],
        json!({"deep": [{"x": null}]})
    );
}

#[test]
fn tags_that_only_aws_can_set_are_not_registered() {
    let scene = Scene::new();
    let tags = json!([
        {"key": "aws:cloudformation:stack-name", "value": "platform"},
        {"key": "fargate-pipeline:digest", "value": "sha256:1"},
        {"key": "team", "value": "web"},
    ]);
    scene.edit("task.json", "/tags", tags.clone());
    scene.edit("service.json", "/tags", tags);
    let ran = scene.deploy_with(&["--no-digest-tag"]);
    assert_eq!(ran.action(), "created", "{}", ran.stderr);
    let registered = scene.sent("RegisterTaskDefinition");
    let expected = json!([{"key": "team", "value": "web"}]);
    assert_eq!(registered[0]["tags"], expected);
    assert_eq!(scene.sent("CreateService")[0]["tags"], expected);
}

#[test]
fn nothing_changed_after_a_success_writes_nothing() {
    let scene = Scene::deployed();
    let ran = scene.deploy();
    assert_eq!(ran.action(), "unchanged");
    assert_eq!(scene.writes(), [""; 0]);
    assert!(
        ran.stderr.contains("no new revision: identical to web:1"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("nothing to do: web runs web:1"),
        "{}",
        ran.stderr
    );
    // The result contains the deployment that succeeded.
    let handle = &ran.data()["deployment"];
    assert_eq!(handle["ecsSvcId"], scene.service()["deployments"][0]["id"]);
    assert_eq!(ran.data()["taskDefinition"]["registered"], json!(false));
}

#[test]
fn a_new_image_registers_and_updates_only_that() {
    let scene = Scene::deployed();
    let before = scene.service();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    let ran = scene.deploy();
    assert_eq!(ran.action(), "updated");
    assert_eq!(scene.writes(), ["RegisterTaskDefinition", "UpdateService"]);
    let arn = ran.data()["taskDefinition"]["arn"].clone();
    assert_eq!(
        scene.sent("UpdateService"),
        [json!({"cluster": "prod", "service": "web", "taskDefinition": arn})]
    );
    assert_eq!(ran.data()["changes"], json!([{"member": "taskDefinition"}]));
    assert_eq!(
        ran.data()["previousDeployment"]["ecsSvcId"],
        before["deployments"][0]["id"]
    );
    assert_ne!(
        ran.data()["deployment"]["ecsSvcId"],
        before["deployments"][0]["id"]
    );
}

#[test]
fn a_live_service_needs_nothing_but_a_revision() {
    let scene = Scene::deployed();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    let named = ["--cluster", "prod", "--service", "web"];
    let ran = scene.run(&[&["--task-definition", "task.json"], &named[..]].concat());
    assert_eq!(ran.action(), "updated");
    scene.settle();
    // Back again, by the name of a registered revision.
    let ran = scene.run(&[&["--task-definition", "web:1"], &named[..]].concat());
    assert_eq!(ran.action(), "updated");
    assert_eq!(scene.writes(), ["UpdateService"]);
}

#[test]
fn a_deleted_service_is_created_anew() {
    let scene = Scene::deployed();
    let delete = json!({"cluster": "prod", "service": "web", "force": true});
    scene.cloud.call("ecs", "DeleteService", delete).unwrap();
    let ran = scene.deploy();
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("service web is being deleted (DRAINING)"),
        "{}",
        ran.stderr
    );
    scene.settle();
    assert_eq!(scene.deploy().action(), "created");
    assert_eq!(
        scene.writes(),
        ["CreateService"],
        "the revision is still there"
    );
}

#[test]
fn flags_can_come_from_variables() {
    let scene = Scene::new();
    let output = scene
        .command(&[])
        .env("FARGATE_TASK_DEFINITION", "task.json")
        .env("FARGATE_SERVICE_DEFINITION", "service.json")
        .env("FARGATE_CLUSTER", "prod")
        .env("FARGATE_SERVICE", "web")
        .env("FARGATE_DRY_RUN", "")
        .env("FARGATE_RESOURCE_TAG", "a=b\nc=d=e\n")
        .output()
        .unwrap();
    assert_eq!(scene.ran(output).action(), "created");
    assert_eq!(
        scene.sent("CreateService")[0]["tags"],
        json!([{"key": "a", "value": "b"}, {"key": "c", "value": "d=e"}])
    );
}

#[test]
fn github_gets_its_outputs() {
    let scene = Scene::new();
    let args = [
        "--task-definition",
        "task.json",
        "--service-definition",
        "service.json",
        "--cluster",
        "prod",
        "--service",
        "web",
    ];
    let output = scene
        .command(&args)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", scene.path("out"))
        .output()
        .unwrap();
    let ran = scene.ran(output);
    assert_eq!(ran.action(), "created");
    let outputs = std::fs::read_to_string(scene.path("out")).unwrap();
    for name in ["deployment<<", "action<<", "task-definition-arn<<"] {
        assert!(outputs.contains(name), "{outputs}");
    }
    assert!(outputs.contains(ran.stdout.trim()), "{outputs}");
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_nothing() {
    let scene = Scene::new();
    let ran = scene.deploy_with(&["--dry-run"]);
    assert_eq!(
        (ran.code, ran.result["verdict"].as_str()),
        (0, Some("planned")),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout.contains("create    service web on web:(new)"),
        "{}",
        ran.stdout
    );
    let ran = scene.deploy();
    assert_eq!(ran.action(), "created");
    scene.settle();
    scene.edit(
        "task.json",
        "/containerDefinitions/0/image",
        json!("app@sha256:2"),
    );
    scene.edit("service.json", "/healthCheckGracePeriodSeconds", json!(60));
    let ran = scene.deploy_with(&["--dry-run", "--plan-markdown", "plan.md"]);
    insta::assert_snapshot!(ran.stdout, @r"
    plan for service web in cluster prod (eu-central-1)
      register  a new revision of web; the newest is web:1
      update    service web: starts a deployment
                taskDefinition                 web:1 → web:(new)
                healthCheckGracePeriodSeconds  30 → 60
      roll out  rolling: 100 % to 200 % of the tasks run during the deployment; the circuit breaker rolls back
    nothing was changed: this is a dry run
    ");
    insta::assert_snapshot!(std::fs::read_to_string(scene.path("plan.md")).unwrap(), @r"
    ### Plan for service `web` in cluster `prod`

    - **register** a new revision of web; the newest is web:1
    - **update** service web: starts a deployment
    - **roll out** rolling: 100 % to 200 % of the tasks run during the deployment; the circuit breaker rolls back

    | member | now | then |
    |---|---|---|
    | `taskDefinition` | `web:1` | `web:(new)` |
    | `healthCheckGracePeriodSeconds` | `30` | `60` |

    Nothing was changed: this is a dry run.
    ");
    assert_eq!(scene.writes(), [""; 0]);
    let plan = &ran.data()["plan"];
    assert_eq!(plan["startsDeployment"], "starts");
    assert_eq!(plan["changes"][1]["to"], json!(60));
    assert_eq!(ran.data().get("deployment"), None, "nothing to wait for");
    let as_json = scene.deploy_with(&["--dry-run", "--format", "json"]);
    let printed: Value = serde_json::from_str(&as_json.stdout).unwrap();
    assert_eq!(printed["data"]["plan"], *plan);
}
