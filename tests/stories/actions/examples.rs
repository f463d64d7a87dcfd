//! The GitHub examples, run as they are copied: `workflows-examples/github/`.

use std::time::Duration;

use fakes::Rollout;
use serde_json::{Value, json};
use stories::counterparts::{NotHere, find, not_run};
use stories::programs::repository;

use super::act::{Job, act};
use super::scene::{ROLE, Scene};

/// The example as a workflow of a fresh repository, or why it cannot be run.
fn example(name: &str) -> Result<(Scene, String), NotHere> {
    act()?;
    if find("buildah").is_none() {
        let why = "install the Debian package buildah".to_owned();
        return Err(NotHere {
            what: "buildah",
            why,
        });
    }
    let scene = Scene::new();
    let path = format!(".github/workflows/{name}");
    let text = std::fs::read(repository().join("workflows-examples/github").join(name)).unwrap();
    scene.file(&path, text);
    Ok((scene, path))
}

impl<'s> Job<'s> {
    fn with_builder(self, variables: Vec<(String, String)>) -> Self {
        variables
            .iter()
            .fold(self, |job, (name, value)| job.env(name, value))
    }
}

#[test]
fn the_minimal_one() {
    let (scene, path) = match example("deploy.yml") {
        Ok(ready) => ready,
        Err(reason) => return not_run("the_minimal_one", &reason),
    };
    scene.sample(".");
    let builder = scene.dockerfile(".");
    scene.commit();
    let role = format!("DEPLOY_ROLE_ARN={ROLE}");
    let log = Job::push(&scene)
        .with_builder(builder)
        .flags(&["--var", &role])
        .run(&path)
        .expect(true);
    assert!(log.text().contains("image.tar"), "buildah built an archive");
    let image = scene.registered()["containerDefinitions"][0]["image"].clone();
    assert!(
        image.as_str().unwrap().contains("/hello@sha256:"),
        "{image}"
    );
    assert_eq!(scene.cloud.requests_of("ecs", "CreateService").len(), 1);
}

#[test]
fn a_preview_of_a_pull_request_and_its_end() {
    let (scene, path) = match example("preview.yml") {
        Ok(ready) => ready,
        Err(reason) => return not_run("a_preview_of_a_pull_request_and_its_end", &reason),
    };
    scene.sample(".");
    let service = std::fs::read_to_string(scene.repo().join("service.json")).unwrap();
    let mut preview: Value = serde_json::from_str(&service).unwrap();
    for member in ["loadBalancers", "healthCheckGracePeriodSeconds"] {
        preview.as_object_mut().unwrap().remove(member);
    }
    scene.file("preview.json", preview.to_string());
    let builder = scene.dockerfile(".");
    scene.commit();
    let role = format!("PREVIEW_ROLE_ARN={ROLE}");
    let job = || Job::pull_request(&scene, "feature", "x").flags(&["--var", &role]);
    job().with_builder(builder).run(&path).expect(true);
    let created = scene.cloud.requests_of("ecs", "CreateService");
    assert_eq!(created[0].json()["serviceName"], "app-pr-7");
    assert!(
        scene.comments()[0].contains("preview"),
        "{}",
        scene.comments()[0]
    );

    job()
        .payload(|event| event["action"] = json!("closed"))
        .run(&path)
        .expect(true);
    let deleted = scene.cloud.requests_of("ecs", "DeleteService");
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].json()["service"], "app-pr-7");

    // A fork's pull request deploys nothing.
    scene.cloud.forget_requests();
    let fork =
        |event: &mut Value| event["pull_request"]["head"]["repo"]["full_name"] = json!("evil/shop");
    job().payload(fork).run(&path).expect(true);
    assert!(scene.cloud.requests().is_empty());
}

#[test]
fn staging_then_production_then_back() {
    let (scene, path) = match example("staging-production.yml") {
        Ok(ready) => ready,
        Err(reason) => return not_run("staging_then_production_then_back", &reason),
    };
    scene.sample(".");
    let service = std::fs::read_to_string(scene.repo().join("service.json")).unwrap();
    let mut plain: Value = serde_json::from_str(&service).unwrap();
    for member in ["loadBalancers", "healthCheckGracePeriodSeconds"] {
        plain.as_object_mut().unwrap().remove(member);
    }
    scene.file("service.json", plain.to_string());
    let builder = scene.dockerfile(".");
    scene.commit();
    let roles = [
        format!("STAGING_ROLE_ARN={ROLE}"),
        format!("PRODUCTION_ROLE_ARN={ROLE}"),
    ];
    let flags = ["--var", &roles[0], "--var", &roles[1]];
    let log = Job::push(&scene)
        .with_builder(builder)
        .flags(&flags)
        .run(&path)
        .expect(true);
    let created = scene.cloud.requests_of("ecs", "CreateService");
    let names: Vec<Value> = created
        .iter()
        .map(|r| r.json()["serviceName"].clone())
        .collect();
    assert_eq!(names, ["app-staging", "hello"], "{}", log.readable());
    let registered = scene.cloud.requests_of("ecs", "RegisterTaskDefinition");
    let images: Vec<Value> = registered
        .iter()
        .map(|r| r.json()["containerDefinitions"][0]["image"].clone())
        .collect();
    assert!(
        images.windows(2).all(|two| two[0] == two[1]),
        "production runs staging's image: {images:?}"
    );
    assert_eq!(
        scene.cloud.requests_of("registry", "PutManifest").len(),
        1,
        "and nothing else was pushed"
    );

    let revision = "hello:1";
    scene.cloud.forget_requests();
    let back = Job::push(&scene)
        .event("workflow_dispatch")
        .payload(|event| event["inputs"] = json!({"revision": revision}))
        .flags(&flags);
    let log = back.run(&path).expect(true);
    assert!(
        scene
            .cloud
            .requests_of("ecs", "RegisterTaskDefinition")
            .is_empty()
    );
    assert!(log.readable().contains(revision), "{}", log.readable());

    // Without a revision: to the last deployment that succeeded before the present one.
    let cloud = &scene.cloud;
    let mut next = registered.last().unwrap().json();
    next["family"] = json!("hello");
    next["cpu"] = json!("512");
    next["memory"] = json!("1024");
    let next = cloud.call("ecs", "RegisterTaskDefinition", next).unwrap();
    let next = next["taskDefinition"]["taskDefinitionArn"].clone();
    let update = json!({"cluster": "demo", "service": "hello", "taskDefinition": next});
    cloud
        .ecs()
        .script("hello", Rollout::healthy().over(Duration::ZERO));
    cloud.call("ecs", "UpdateService", update).unwrap();
    cloud.forget_requests();
    Job::push(&scene)
        .event("workflow_dispatch")
        .payload(|event| event["inputs"] = json!({"revision": "previous"}))
        .flags(&flags)
        .run(&path)
        .expect(true);
    let back = cloud.requests_of("ecs", "UpdateService");
    let back = back.last().unwrap().json();
    assert!(
        back["taskDefinition"].as_str().unwrap().ends_with(revision),
        "{back}"
    );
}

#[test]
fn what_staging_refuses_never_reaches_production() {
    let (scene, path) = match example("staging-production.yml") {
        Ok(ready) => ready,
        Err(reason) => {
            return not_run("what_staging_refuses_never_reaches_production", &reason);
        }
    };
    scene.sample(".");
    let builder = scene.dockerfile(".");
    scene.commit();
    scene.crashes("app-staging");
    let roles = [
        format!("STAGING_ROLE_ARN={ROLE}"),
        format!("PRODUCTION_ROLE_ARN={ROLE}"),
    ];
    let log = Job::push(&scene)
        .with_builder(builder)
        .flags(&["--var", &roles[0], "--var", &roles[1]])
        .run(&path)
        .expect(false);
    let errors = log.annotations("error");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].0, "wait-healthy");
    let created = scene.cloud.requests_of("ecs", "CreateService");
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].json()["serviceName"], "app-staging");
}

#[test]
fn blue_green_pauses_for_an_approval_and_goes_on_after_it() {
    let (scene, path) = match example("blue-green.yml") {
        Ok(ready) => ready,
        Err(reason) => {
            return not_run(
                "blue_green_pauses_for_an_approval_and_goes_on_after_it",
                &reason,
            );
        }
    };
    scene.sample(".");
    scene.blue_green();
    let builder = scene.dockerfile(".");
    // On a pull request, so that the pause is told in a comment, too.
    let text = std::fs::read_to_string(scene.repo().join(&path)).unwrap();
    scene.file(
        &path,
        text.replace("push:\n    branches: [main]", "pull_request:"),
    );
    scene.commit();
    let role = format!("DEPLOY_ROLE_ARN={ROLE}");
    let log = Job::pull_request(&scene, "feature", "x")
        .with_builder(builder)
        .flags(&["--var", &role])
        .run(&path)
        .expect(true);
    assert_eq!(
        log.output(&["deployment", "wait"], "verdict").as_deref(),
        Some("paused")
    );
    assert!(
        log.annotations("error").is_empty(),
        "a pause that was asked for is no error: {:?}",
        log.annotations("error")
    );
    assert_eq!(log.annotations("notice").len(), 1);
    let comment = &scene.comments()[0];
    assert!(comment.contains("is paused"), "{comment}");
    let went_on = scene.cloud.requests_of("ecs", "ContinueServiceDeployment");
    assert_eq!(went_on.len(), 1, "{}", log.readable());
    assert_eq!(went_on[0].json()["action"], "CONTINUE");
    // The second job's wait, in a step without an id.
    let verdict = log.output(&["1", "run"], "verdict");
    assert_eq!(verdict.as_deref(), Some("succeeded"), "{}", log.readable());
}

#[test]
fn several_services_of_one_repository() {
    let (scene, path) = match example("monorepo.yml") {
        Ok(ready) => ready,
        Err(reason) => return not_run("several_services_of_one_repository", &reason),
    };
    let mut builder = Vec::new();
    for service in ["api", "web"] {
        let folder = format!("services/{service}");
        scene.sample(&folder);
        let text =
            std::fs::read_to_string(scene.repo().join(&folder).join("taskdef.json")).unwrap();
        scene.file(
            &format!("{folder}/taskdef.json"),
            text.replace("${tf.task_family}", service),
        );
        scene.file(&format!("{folder}/service.json"), json!({
            "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": "${tf.ecs_subnet_ids}"}},
        }).to_string());
        builder = scene.dockerfile(&folder);
    }
    scene.commit();
    let role = format!("DEPLOY_ROLE_ARN={ROLE}");
    Job::push(&scene)
        .with_builder(builder)
        .flags(&["--var", &role])
        .run(&path)
        .expect(true);
    let mut made: Vec<(String, String)> = Vec::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for created in scene.cloud.requests_of("ecs", "CreateService") {
        let body = created.json();
        made.push((text(&body["serviceName"]), text(&body["taskDefinition"])));
    }
    made.sort();
    assert_eq!(made.len(), 2);
    for (service, (name, revision)) in ["api", "web"].into_iter().zip(made) {
        assert_eq!(name, service);
        assert!(revision.contains(&format!("{service}:")), "{revision}");
    }
    for registered in scene.cloud.requests_of("ecs", "RegisterTaskDefinition") {
        let body = registered.json();
        let image = text(&body["containerDefinitions"][0]["image"]);
        assert!(
            image.contains(&format!("/shop/{}@sha256:", text(&body["family"]))),
            "{image}"
        );
    }
}
