//! GitHub: comments in pages, limits, rights; statuses and deployments.

use fakes::Request;
use http::Method;
use serde_json::{Value, json};

use crate::scene::Scene;

const REPOSITORY: &str = "octo-org/app";

fn ask(scene: &Scene, method: Method, path: &str, body: &Value) -> (u16, Value, String) {
    let token = scene.cloud.github().token();
    let request = Request::new(method, path)
        .header("authorization", &format!("Bearer {token}"))
        .body(body.to_string());
    let answer = scene.cloud.answer(request).into_http().unwrap().unwrap();
    let link = answer
        .headers()
        .get("link")
        .map_or("", |link| link.to_str().unwrap());
    let value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
    (answer.status().as_u16(), value, link.to_owned())
}

fn scene() -> Scene {
    let scene = Scene::new();
    scene.cloud.github().pull_request(REPOSITORY, 7, "abc123");
    scene
}

const COMMENTS: &str = "/repos/octo-org/app/issues/7/comments";

#[test]
fn comments_are_written_changed_and_read_in_pages() {
    let scene = scene();
    for n in 0..45 {
        scene
            .cloud
            .github()
            .comment(REPOSITORY, 7, "octocat", &n.to_string());
    }
    let (status, made, _) = ask(&scene, Method::POST, COMMENTS, &json!({"body": "ours"}));
    assert_eq!(status, 201);
    assert_eq!(made["user"]["login"], "github-actions[bot]");
    let (_, first, link) = ask(&scene, Method::GET, COMMENTS, &Value::Null);
    assert_eq!(first.as_array().unwrap().len(), 30);
    assert!(link.contains("per_page=30&page=2>; rel=\"next\""), "{link}");
    let (_, second, link) = ask(
        &scene,
        Method::GET,
        &format!("{COMMENTS}?page=2"),
        &Value::Null,
    );
    assert_eq!(second.as_array().unwrap().len(), 16);
    assert!(!link.contains("next") && link.contains("prev"), "{link}");
    assert_eq!(second[15]["body"], "ours");
    let path = format!("/api/v3/repos/octo-org/app/issues/comments/{}", made["id"]);
    let (status, changed, _) = ask(&scene, Method::PATCH, &path, &json!({"body": "anew"}));
    assert_eq!((status, &changed["body"]), (200, &json!("anew")));
    assert_eq!(
        scene.cloud.github().comments(REPOSITORY, 7)[45].body,
        "anew"
    );
    let foreign = format!("/repos/octo-org/app/issues/comments/{}", first[0]["id"]);
    assert_eq!(
        ask(&scene, Method::PATCH, &foreign, &json!({"body": "x"})).0,
        403
    );
    assert_eq!(ask(&scene, Method::DELETE, &path, &Value::Null).0, 204);
    assert_eq!(ask(&scene, Method::GET, &path, &Value::Null).0, 404);
}

#[test]
fn a_body_has_a_limit() {
    let scene = scene();
    let write = |body: &str| ask(&scene, Method::POST, COMMENTS, &json!({"body": body}));
    assert_eq!(write(&"é".repeat(65_536)).0, 201, "characters, not bytes");
    let (status, refusal, _) = write(&"x".repeat(65_537));
    assert_eq!(status, 422);
    assert_eq!(
        refusal["errors"][0]["message"],
        "body is too long (maximum is 65536 characters)"
    );
    assert_eq!(write("").0, 422);
}

#[test]
fn rights() {
    let scene = scene();
    let none = scene.cloud.answer(Request::new(Method::GET, COMMENTS));
    assert_eq!(none.response.unwrap().status, 401);
    let wrong = Request::new(Method::GET, COMMENTS).header("authorization", "token wrong");
    let wrong = scene.cloud.answer(wrong).into_http().unwrap().unwrap();
    assert_eq!(wrong.status(), 401);
    assert!(
        String::from_utf8(wrong.body().to_vec())
            .unwrap()
            .contains("Bad credentials")
    );
    let nowhere = "/repos/octo-org/none/issues/7/comments";
    assert_eq!(ask(&scene, Method::GET, nowhere, &Value::Null).0, 404);
    let no_pull = "/repos/octo-org/app/issues/8/comments";
    assert_eq!(
        ask(&scene, Method::POST, no_pull, &json!({"body": "x"})).0,
        404
    );
    assert_eq!(
        ask(&scene, Method::GET, "/user", &Value::Null).0,
        403,
        "a job's token"
    );
    scene.cloud.github().personal_token("octocat");
    assert_eq!(
        ask(&scene, Method::GET, "/user", &Value::Null).1["login"],
        "octocat"
    );
    scene.cloud.github().read_only();
    let (status, refusal, _) = ask(&scene, Method::POST, COMMENTS, &json!({"body": "x"}));
    assert_eq!(status, 403);
    assert_eq!(refusal["message"], "Resource not accessible by integration");
    assert_eq!(ask(&scene, Method::GET, COMMENTS, &Value::Null).0, 200);
}

#[test]
fn statuses_and_deployments() {
    let scene = scene();
    let path = "/repos/octo-org/app/statuses/abc123";
    let good =
        json!({"state": "success", "context": "deploy/prod", "description": "2 of 2 healthy"});
    assert_eq!(ask(&scene, Method::POST, path, &good).0, 201);
    assert_eq!(
        ask(&scene, Method::POST, path, &json!({"state": "fine"})).0,
        422
    );
    let long = json!({"state": "success", "description": "x".repeat(141)});
    assert_eq!(ask(&scene, Method::POST, path, &long).0, 422);
    assert_eq!(
        scene.cloud.github().statuses(REPOSITORY)[0]["context"],
        "deploy/prod"
    );
    let path = "/repos/octo-org/app/deployments";
    let (status, made, _) = ask(
        &scene,
        Method::POST,
        path,
        &json!({"ref": "abc123", "environment": "prod"}),
    );
    assert_eq!(status, 201);
    let path = format!("{path}/{}/statuses", made["id"]);
    assert_eq!(
        ask(
            &scene,
            Method::POST,
            &path,
            &json!({"state": "in_progress"})
        )
        .0,
        201
    );
    assert_eq!(
        ask(&scene, Method::POST, &path, &json!({"state": "success"})).0,
        201
    );
    let (_, statuses, _) = ask(&scene, Method::GET, &path, &Value::Null);
    assert_eq!(statuses[0]["state"], "success");
    assert_eq!(
        scene.cloud.github().deployments(REPOSITORY)[0]["statuses"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (_, pulls, _) = ask(
        &scene,
        Method::GET,
        "/repos/octo-org/app/commits/abc123/pulls",
        &Value::Null,
    );
    assert_eq!(pulls[0]["number"], 7);
}
