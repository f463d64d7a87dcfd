//! The GitHub examples with manual approval: staging before production, and a pause before the
//! traffic shifts.

use std::time::Duration;

use fakes::Rollout;
use serde_json::{Value, json};
use stories::counterparts::not_run;

use super::act::Job;
use super::examples::example;
use super::scene::ROLE;

#[test]
fn staging_then_production_then_rollback() {
    let (scene, path) = match example("staging-production.yml") {
        Ok(ready) => ready,
        Err(reason) => return not_run("staging_then_production_then_rollback", &reason),
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

    // Without a revision, it goes back to the last successful deployment before the current one.
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
fn what_fails_in_staging_never_reaches_production() {
    let (scene, path) = match example("staging-production.yml") {
        Ok(ready) => ready,
        Err(reason) => {
            return not_run("what_fails_in_staging_never_reaches_production", &reason);
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
fn blue_green_pauses_for_approval_and_continues() {
    let (scene, path) = match example("blue-green.yml") {
        Ok(ready) => ready,
        Err(reason) => {
            return not_run("blue_green_pauses_for_approval_and_continues", &reason);
        }
    };
    scene.sample(".");
    scene.blue_green();
    let builder = scene.dockerfile(".");
    // On a pull request, so that a comment also reports the pause.
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
    // The wait of the second job, in a step without an ID.
    let verdict = log.output(&["1", "run"], "verdict");
    assert_eq!(verdict.as_deref(), Some("succeeded"), "{}", log.readable());
}
