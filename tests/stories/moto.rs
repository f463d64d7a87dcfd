//! ecs-deploy against moto, which implements AWS's API independently of our own fake.

use std::path::Path;

use serde_json::{Value, json};
use stories::counterparts::not_run;
use stories::moto::Moto;
use stories::programs::{Ran, command, program, run};

/// The first element with this name in a response of a query service.
fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
    rest.split_once('<').unwrap().0.to_owned()
}

/// What phase 1 creates; returns the service definition.
fn platform(moto: &Moto) -> std::io::Result<Value> {
    moto.ecs("CreateCluster", r#"{"clusterName": "prod"}"#)?;
    let subnets = moto.query("ec2", "Action=DescribeSubnets&Version=2016-11-15")?;
    let groups = moto.query("ec2", "Action=DescribeSecurityGroups&Version=2016-11-15")?;
    let group = format!(
        "Action=CreateTargetGroup&Version=2015-12-01&Name=web&Protocol=HTTP&Port=8080&TargetType=ip&VpcId={}",
        element(&subnets, "vpcId")
    );
    let group = moto.query("elasticloadbalancing", &group)?;
    let (subnets, groups) = (
        [element(&subnets, "subnetId")],
        [element(&groups, "groupId")],
    );
    Ok(
        json!({"cluster": "prod", "serviceName": "web", "desiredCount": 2, "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": groups}},
        "loadBalancers": [{"targetGroupArn": element(&group, "TargetGroupArn"),
            "containerName": "app", "containerPort": 8080}]}),
    )
}

fn write(folder: &Path, name: &str, value: &Value) {
    std::fs::write(folder.join(name), value.to_string()).unwrap();
}

fn deploy(moto: &Moto, folder: &Path, args: &[&str]) -> Ran {
    run(command(program("ecs-deploy"))
        .current_dir(folder)
        .env("HOME", folder)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-central-1")
        .env("FARGATE_ENDPOINT_URL", moto.endpoint())
        .args(args)
        .args(["--format", "json"]))
}

/// Runs it and returns the action that it reports.
fn action(moto: &Moto, folder: &Path, args: &[&str]) -> String {
    let ran = deploy(moto, folder, args).expect(0);
    let result: Value = serde_json::from_str(ran.value()).unwrap();
    result["data"]["action"].as_str().unwrap().to_owned()
}

#[test]
fn moto_accepts_our_requests_and_we_read_its_responses() {
    let moto = match Moto::start() {
        Ok(moto) => moto,
        Err(reason) => {
            return not_run(
                "moto_accepts_our_requests_and_we_read_its_responses",
                &reason,
            );
        }
    };
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let mut service = platform(&moto).unwrap();
    let mut task = json!({"family": "web", "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc", "cpu": "256", "memory": "512", "containerDefinitions": [
            {"name": "app", "image": "app@sha256:1", "portMappings": [{"containerPort": 8080}]}]});
    write(folder, "task.json", &task);
    write(folder, "service.json", &service);
    let files = [
        "--task-definition",
        "task.json",
        "--service-definition",
        "service.json",
    ];
    assert_eq!(action(&moto, folder, &files), "created");

    // Another image, another member, a tag: this registers one revision and sends one update, and
    // moto shows them.
    task["containerDefinitions"][0]["image"] = json!("app@sha256:2");
    service["healthCheckGracePeriodSeconds"] = json!(90);
    service["tags"] = json!([{"key": "team", "value": "shop"}]);
    write(folder, "task.json", &task);
    write(folder, "service.json", &service);
    assert_eq!(action(&moto, folder, &files), "updated");
    let body = r#"{"cluster": "prod", "services": ["web"], "include": ["TAGS"]}"#;
    let shown = moto.ecs("DescribeServices", body).unwrap();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let shown = &shown["services"][0];
    assert!(shown["taskDefinition"].as_str().unwrap().ends_with("web:2"));
    assert_eq!(shown["healthCheckGracePeriodSeconds"], 90);
    assert_eq!(shown["tags"], service["tags"]);

    // Once more, also with the files that init writes: nothing is registered or sent.
    assert_eq!(action(&moto, folder, &files), "joined");
    let init = [
        "init",
        "--cluster",
        "prod",
        "--service",
        "web",
        "--dir",
        "own",
    ];
    assert_eq!(action(&moto, folder, &init), "written");
    let own = [
        "--task-definition",
        "own/taskdef.json",
        "--service-definition",
        "own/service.json",
    ];
    assert_eq!(action(&moto, folder, &own), "joined");
    let listed = moto.ecs("ListTaskDefinitions", r#"{"familyPrefix": "web"}"#);
    assert_eq!(listed.unwrap().matches("task-definition/web:").count(), 2);

    // If moto rejects a request, its message is shown, with a hint.
    service["serviceName"] = json!("other");
    service["networkConfiguration"]["awsvpcConfiguration"]["subnets"] = json!(["subnet-nope"]);
    write(folder, "service.json", &service);
    let ran = deploy(&moto, folder, &files).expect(2);
    for said in [
        "does not exist",
        "the service was not created",
        "check --region",
    ] {
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let delete = ["delete", "--cluster", "prod", "--service", "web"];
    assert_eq!(action(&moto, folder, &delete), "deleted");
    assert_eq!(action(&moto, folder, &delete), "unchanged");
}
