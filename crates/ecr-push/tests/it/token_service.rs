//! Registries whose tokens come from a token service, and the login that it needs.

use fakes::Fault;

use crate::faults::Scene;

#[test]
fn a_token_service_is_used() {
    let scene = Scene::new();
    scene.cloud.registry().bearer();
    let run = scene.push(&[]).ended(0, "pushed");
    assert_eq!(run.digest(), scene.manifest);
    scene.assert_complete();
    let tokens = scene.cloud.requests_of("registry", "Token").len();
    assert_eq!(tokens, 1, "one token for the whole push");
}

#[test]
fn a_token_service_that_fails_is_asked_again() {
    let scene = Scene::new();
    scene.cloud.registry().bearer();
    scene
        .cloud
        .fault(Fault::on("registry", "Token").times(2).status(503));
    scene.push(&[]).ended(0, "pushed");
    scene.assert_complete();

    let scene = Scene::new();
    scene.cloud.registry().bearer();
    scene
        .cloud
        .fault(Fault::on("registry", "Token").always().status(503));
    let run = scene.push(&[]).ended(9, "unreachable");
    let error = "refused to issue a token: 503 Service Unavailable";
    assert!(run.stderr.contains(error), "{}", run.stderr);
}

#[test]
fn a_user_name_without_a_password_is_refused_before_the_image_is_read() {
    let scene = Scene::new();
    let run = scene
        .push(&["--registry-username", "me"])
        .ended(2, "invalid");
    let error = "error: --registry-username has no password\nhint: set FARGATE_REGISTRY_PASSWORD or --registry-password-file";
    assert!(run.stderr.contains(error), "{}", run.stderr);
    assert_eq!(scene.cloud.requests().len(), 0);
}
