//! A role for a token: who may assume it, who may not and why, and that a long step keeps its
//! access.

use std::time::Duration;

use fakes::Rollout;
use serde_json::json;
use stories::programs::{command, program, run};

use super::act::Job;
use super::scene::{ROLE, SUBJECT, Scene};
use super::whole::{WORKFLOW, scene};

#[test]
fn each_step_exchanges_its_own_token_for_the_role() {
    let Some(scene) = scene("          source: oci:image") else {
        return;
    };
    let log = Job::push(&scene).run(WORKFLOW).expect(true);
    let tokens = scene.cloud.requests_of("oidc", "GetToken");
    let traded = scene.cloud.requests_of("sts", "AssumeRoleWithWebIdentity");
    assert_eq!(
        (tokens.len(), traded.len()),
        (4, 4),
        "tf-outputs, ecr-push, ecs-deploy, wait-healthy"
    );
    for token in &tokens {
        assert!(
            token.path.ends_with("audience=sts.amazonaws.com"),
            "{}",
            token.path
        );
        let answer = token.answer_json();
        let value = answer["value"].as_str().unwrap();
        assert!(!log.text().contains(value), "a token appears in the log");
    }
    for asked in scene.cloud.requests().iter().filter(|r| r.service == "ecs") {
        let key = asked.access_key.as_deref().unwrap_or_default();
        assert!(
            key.starts_with("ASIA"),
            "ECS is called with the role's credentials"
        );
    }
}

#[test]
fn an_untrusted_job_gets_an_explanation_in_the_status_too() {
    let Some(scene) = scene("          source: oci:image") else {
        return;
    };
    scene
        .cloud
        .sts()
        .ci_subject("repo:acme/shop:ref:refs/heads/feature");
    let log = Job::pull_request(&scene, "feature", "x")
        .run(WORKFLOW)
        .expect(false);
    let errors = log.annotations("error");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].0, "tf-outputs");
    for part in [ROLE, r#"sub "repo:acme/shop:ref:refs/heads/feature""#] {
        assert!(errors[0].1.contains(part), "{part}: {}", errors[0].1);
    }
    let comments = scene.comments();
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("does not accept"), "{}", comments[0]);
    assert_eq!(
        scene
            .cloud
            .requests_of("sts", "AssumeRoleWithWebIdentity")
            .len(),
        1
    );
}

#[test]
fn a_forged_expired_or_foreign_token_is_rejected() {
    let Some(scene) = scene("          source: oci:image") else {
        return;
    };
    let good = scene.cloud.sts().web_identity_token(serde_json::json!({
        "iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": SUBJECT,
    }));
    let expired = scene.cloud.sts().web_identity_token(serde_json::json!({
        "iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": SUBJECT,
        "exp": 1_700_000_000,
    }));
    let other = scene.cloud.sts().web_identity_token(serde_json::json!({
        "iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": "repo:evil/x",
    }));
    // The claims of another job with the signature of this token.
    let parts: Vec<&str> = good.split('.').collect();
    let foreign: Vec<&str> = other.split('.').collect();
    let forged = format!("{}.{}.{}", foreign[0], parts[1], foreign[2]);
    for (token, why) in [(forged, "signature"), (expired, "expired")] {
        let log = Job::push(&scene)
            .env("FARGATE_WEB_IDENTITY_TOKEN", &token)
            .run(WORKFLOW)
            .expect(false);
        let errors = log.annotations("error");
        let names_it = errors.first().is_some_and(|error| error.1.contains(why));
        assert!(names_it, "{errors:?}\n{}", log.text());
        assert!(!log.text().contains(&token));
    }
    let log = Job::push(&scene)
        .env("FARGATE_AUDIENCE", "https://somewhere.else")
        .run(WORKFLOW)
        .expect(false);
    let errors = log.annotations("error");
    let names_it = errors.first().is_some_and(|(_, message)| {
        message.contains("audience") && message.contains("https://somewhere.else")
    });
    assert!(names_it, "{errors:?}\n{}", log.text());
    assert!(scene.cloud.requests_of("s3", "GetObject").is_empty());
}

#[test]
fn a_wait_longer_than_its_credentials_gets_new_tokens() {
    let scene = Scene::new();
    let cloud = &scene.cloud;
    cloud.sts().session_length(Duration::from_secs(1));
    let definition = json!({
        "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "256", "memory": "512", "containerDefinitions": [{"name": "app", "image": "app:1"}],
    });
    cloud
        .call("ecs", "RegisterTaskDefinition", definition)
        .unwrap();
    let service = json!({
        "cluster": "demo", "serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
    });
    cloud.ecs().running_service(service).unwrap();
    let slow = Rollout::healthy().over(Duration::from_secs(3));
    cloud.ecs().script("web", slow);
    let again = json!({"cluster": "demo", "service": "web", "forceNewDeployment": true});
    cloud.call("ecs", "UpdateService", again).unwrap();

    let mut wait = command(program("wait-healthy"));
    let standing = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let environment = cloud.env().into_iter();
    wait.envs(environment.filter(|(name, _)| !standing.contains(&name.as_str())));
    wait.envs(cloud.sts().github_env());
    wait.env("FARGATE_ENDPOINT_URL", cloud.endpoint_url());
    wait.args([
        "--cluster",
        "demo",
        "--service",
        "web",
        "--role-to-assume",
        ROLE,
    ]);
    run(&mut wait).expect(0);

    let traded = cloud.requests_of("sts", "AssumeRoleWithWebIdentity");
    assert!(traded.len() > 2, "renewed {} times", traded.len());
    let mut tokens: Vec<String> = cloud
        .requests_of("oidc", "GetToken")
        .iter()
        .map(|asked| asked.answer_json()["value"].to_string())
        .collect();
    assert_eq!(tokens.len(), traded.len());
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), traded.len(), "no token was used twice");
}
