//! S3's responses for a Terraform state: present, missing, forbidden.

use fakes::Request;
use http::Method;

use crate::scene::Scene;

fn get(scene: &Scene, method: Method, path: &str) -> (u16, String) {
    let request = Request::new(method, path).header(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260302/eu-central-1/s3/aws4_request",
    );
    let answer = scene.cloud.answer(request).into_http().unwrap().unwrap();
    let body = String::from_utf8(answer.body().to_vec()).unwrap();
    (answer.status().as_u16(), body)
}

#[test]
fn a_state_and_its_workspaces() {
    let scene = Scene::new();
    let s3 = scene.cloud.s3();
    s3.put("states", "app/terraform.tfstate", "default");
    s3.put("states", "env:/prod/app/terraform.tfstate", "prod");
    for path in [
        "/states/env:/prod/app/terraform.tfstate",
        "/states/env%3A/prod/app/terraform.tfstate",
    ] {
        assert_eq!(get(&scene, Method::GET, path), (200, "prod".into()));
    }
    let default = (200, "default".into());
    assert_eq!(
        get(&scene, Method::GET, "/states/app/terraform.tfstate"),
        default
    );
    assert_eq!(
        get(
            &scene,
            Method::GET,
            "http://states.s3.test/app/terraform.tfstate"
        ),
        default
    );
    assert_eq!(
        get(&scene, Method::HEAD, "/states/app/terraform.tfstate"),
        (200, String::new())
    );
    let presigned = "/states/app/terraform.tfstate?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260302%2Feu-central-1%2Fs3%2Faws4_request";
    let answer = scene.cloud.answer(Request::new(Method::GET, presigned));
    assert_eq!(answer.response.unwrap().status, 200);
}

#[test]
fn missing_and_forbidden() {
    let scene = Scene::new();
    scene.cloud.s3().bucket("states");
    let (status, body) = get(&scene, Method::GET, "/states/none");
    assert_eq!(status, 404);
    assert!(
        body.contains("<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>")
    );
    let (status, body) = get(&scene, Method::GET, "/none/none");
    assert_eq!(status, 404);
    assert!(body.contains("<Code>NoSuchBucket</Code>"));
    assert_eq!(
        get(&scene, Method::HEAD, "/states/none"),
        (404, String::new())
    );
    scene.cloud.s3().unlistable("states");
    let (status, body) = get(&scene, Method::GET, "/states/none");
    assert_eq!(status, 403);
    assert!(body.contains("<Code>AccessDenied</Code><Message>Access Denied</Message>"));
    let anonymous = scene
        .cloud
        .answer(Request::new(Method::GET, "/states/none"));
    assert_eq!(anonymous.response.unwrap().status, 403);
}
