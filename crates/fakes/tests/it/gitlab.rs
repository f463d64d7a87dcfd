//! GitLab: notes in pages, limits, rights; statuses; states.

use fakes::Request;
use http::Method;
use serde_json::{Value, json};

use crate::scene::Scene;

const PROJECT: &str = "group/app";
const NOTES: &str = "/api/v4/projects/group%2Fapp/merge_requests/7/notes";

fn ask(scene: &Scene, token: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::new(method, path)
        .header("private-token", token)
        .body(body.to_string());
    let answer = scene.cloud.answer(request).into_http().unwrap().unwrap();
    let value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
    (answer.status().as_u16(), value)
}

fn scene() -> (Scene, String) {
    let scene = Scene::new();
    scene.cloud.gitlab().merge_request(PROJECT, 7, "abc123");
    let token = scene.cloud.gitlab().token();
    (scene, token)
}

#[test]
fn notes_are_written_changed_and_read_in_pages() {
    let (scene, token) = scene();
    let gitlab = scene.cloud.gitlab();
    let theirs = gitlab.note(PROJECT, 7, "octocat", "first");
    gitlab.system_note(PROJECT, 7, "added 1 commit");
    let (status, made) = ask(
        &scene,
        &token,
        Method::POST,
        NOTES,
        &json!({"body": "ours"}),
    );
    assert_eq!(status, 201);
    let (_, me) = ask(&scene, &token, Method::GET, "/api/v4/user", &Value::Null);
    assert_eq!(made["author"]["id"], me["id"]);
    let page = |n: u32| {
        let path = format!("{NOTES}?per_page=2&page={n}&sort=asc&order_by=created_at");
        ask(&scene, &token, Method::GET, &path, &Value::Null).1
    };
    assert_eq!(
        (page(1)[0]["body"].as_str(), page(1)[1]["system"].as_bool()),
        (Some("first"), Some(true))
    );
    assert_eq!(page(2), json!([made]));
    let newest = ask(&scene, &token, Method::GET, NOTES, &Value::Null).1;
    assert_eq!(newest[0]["body"], "ours", "newest first by default");
    let ours = format!("{NOTES}/{}", made["id"]);
    let (status, changed) = ask(&scene, &token, Method::PUT, &ours, &json!({"body": "anew"}));
    assert_eq!((status, &changed["body"]), (200, &json!("anew")));
    let other = format!("{NOTES}/{theirs}");
    assert_eq!(
        ask(&scene, &token, Method::PUT, &other, &json!({"body": "x"})).0,
        403
    );
    assert_eq!(gitlab.notes(PROJECT, 7)[2].body, "anew");
    let request = "/api/v4/projects/group%2Fapp/merge_requests/7";
    let (_, request) = ask(&scene, &token, Method::GET, request, &Value::Null);
    assert!(
        request["web_url"]
            .as_str()
            .unwrap()
            .ends_with("/group/app/-/merge_requests/7")
    );
}

#[test]
fn limits_and_rights() {
    let (scene, token) = scene();
    let write = |body: &str| ask(&scene, &token, Method::POST, NOTES, &json!({"body": body})).0;
    assert_eq!(write(&"é".repeat(1_000_000)), 201);
    assert_eq!(write(&"x".repeat(1_000_001)), 400);
    assert_eq!(write(""), 400);
    let job = scene.cloud.gitlab().job_token();
    assert_eq!(
        ask(&scene, &job, Method::POST, NOTES, &json!({"body": "x"})).0,
        401
    );
    assert_eq!(
        ask(&scene, "wrong", Method::GET, NOTES, &Value::Null).0,
        401
    );
    let nowhere = NOTES.replace("app", "none");
    let (status, refusal) = ask(&scene, &token, Method::GET, &nowhere, &Value::Null);
    assert_eq!(
        (status, &refusal["message"]),
        (404, &json!("404 Project Not Found"))
    );
    assert_eq!(
        ask(
            &scene,
            &token,
            Method::GET,
            &NOTES.replace('7', "8"),
            &Value::Null
        )
        .0,
        404
    );
    scene.cloud.gitlab().read_only();
    assert_eq!(write("x"), 403);
    assert_eq!(ask(&scene, &token, Method::GET, NOTES, &Value::Null).0, 200);
}

#[test]
fn statuses_of_commits() {
    let (scene, token) = scene();
    let path = "/api/v4/projects/group%2Fapp/statuses/abc123";
    let set = |body: Value| ask(&scene, &token, Method::POST, path, &body).0;
    assert_eq!(set(json!({"state": "success", "name": "deploy"})), 201);
    assert_eq!(set(json!({"state": "fine"})), 400);
    assert_eq!(
        set(json!({"state": "failed", "description": "x".repeat(256)})),
        400
    );
    assert_eq!(scene.cloud.gitlab().statuses(PROJECT)[0]["name"], "deploy");
}

#[test]
fn states_open_to_the_jobs_token() {
    let (scene, _) = scene();
    scene.cloud.gitlab().state(PROJECT, "prod", "{}");
    let get = |name: &str, header: &'static str, value: &str| {
        let path = format!("/api/v4/projects/group%2Fapp/terraform/state/{name}");
        let request = Request::new(Method::GET, &path).header(header, value);
        let answer = scene.cloud.answer(request).into_http().unwrap().unwrap();
        (answer.status().as_u16(), answer.body().to_vec())
    };
    let job = scene.cloud.gitlab().job_token();
    assert_eq!(get("prod", "job-token", &job), (200, b"{}".to_vec()));
    use base64::Engine as _;
    let pair = format!("gitlab-ci-token:{job}");
    let basic = base64::engine::general_purpose::STANDARD.encode(pair);
    assert_eq!(
        get("prod", "authorization", &format!("Basic {basic}")).0,
        200
    );
    assert_eq!(get("none", "job-token", &job).0, 204);
    assert_eq!(get("prod", "job-token", "wrong").0, 401);
}
