//! The GitHub examples in `workflows-examples/github/`, run exactly as users copy them.

use serde_json::{Value, json};
use stories::counterparts::{Unavailable, find, not_run};
use stories::programs::repository;

use super::act::{Job, act};
use super::scene::{ROLE, Scene};
use crate::docs::readmes_workflow;

/// The example as a workflow of a new repository, or why it cannot run.
pub fn example(name: &str) -> Result<(Scene, String), Unavailable> {
    act()?;
    if find("buildah").is_none() {
        let why = "install the Debian package buildah".to_owned();
        return Err(Unavailable {
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
    pub fn with_builder(self, variables: Vec<(String, String)>) -> Self {
        variables
            .iter()
            .fold(self, |job, (name, value)| job.env(name, value))
    }
}

#[test]
fn the_minimal_example() {
    let (scene, path) = match example("deploy.yml") {
        Ok(ready) => ready,
        Err(reason) => return not_run("the_minimal_example", &reason),
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
fn the_example_in_the_readme() {
    // The scene of the pinned example, but with the workflow from the README.
    let (scene, path) = match example("deploy.yml") {
        Ok(ready) => ready,
        Err(reason) => return not_run("the_example_in_the_readme", &reason),
    };
    scene.file(&path, readmes_workflow());
    scene.sample(".");
    std::fs::remove_file(scene.repo().join("service.json")).unwrap();
    let builder = scene.dockerfile(".");
    scene.commit();
    let role = format!("DEPLOY_ROLE_ARN={ROLE}");
    let log = Job::push(&scene)
        .with_builder(builder)
        .flags(&["--var", &role])
        .run(&path)
        .expect(true);
    let verdict = log.output(&["1", "wait"], "verdict");
    assert_eq!(verdict.as_deref(), Some("succeeded"), "{}", log.readable());
    assert_eq!(scene.cloud.requests_of("ecs", "CreateService").len(), 1);
}

#[test]
fn a_preview_is_created_and_deleted() {
    let (scene, path) = match example("preview.yml") {
        Ok(ready) => ready,
        Err(reason) => return not_run("a_preview_is_created_and_deleted", &reason),
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

    // A pull request from a fork deploys nothing.
    scene.cloud.forget_requests();
    let fork =
        |event: &mut Value| event["pull_request"]["head"]["repo"]["full_name"] = json!("evil/shop");
    job().payload(fork).run(&path).expect(true);
    assert!(scene.cloud.requests().is_empty());
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
