//! The API of HCP Terraform: pages, sensitive values, tokens.

use serde_json::{Value, json};

use crate::run::{Ran, file, run_with};
use crate::server::{Request, Response, Server};

const WORKSPACE: &str = "/api/v2/organizations/acme/workspaces/web-prod";
const OUTPUTS: &str = "/api/v2/workspaces/ws-1/current-state-version-outputs";

fn output(id: &str, name: &str, value: Value, sensitive: bool) -> Value {
    json!({"id": id, "type": "state-version-outputs", "attributes": {
        "name": name, "sensitive": sensitive, "type": "string", "value": value, "detailed-type": "string",
    }})
}

/// The discovery document of Terraform Enterprise.
fn discovery(request: &Request) -> Option<Response> {
    let document = json!({"modules.v1": "/api/registry/v1/modules/", "tfe.v2": "/api/v2/"});
    (request.path == "/.well-known/terraform.json")
        .then(|| Response::new(200, document.to_string()))
}

fn api(request: &Request, _: usize) -> Response {
    if let Some(response) = discovery(request) {
        return response;
    }
    if request.headers.get("authorization").map(String::as_str) != Some("Bearer t0ken") {
        return Response::new(
            401,
            r#"{"errors":[{"status":"401","title":"unauthorized"}]}"#,
        );
    }
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let page = |outputs: Vec<Value>, next: Value| json!({"data": outputs, "meta": {"pagination": {"next-page": next}}});
    let body = match (path, query.contains("page%5Bnumber%5D=2")) {
        (WORKSPACE, _) => json!({"data": {"id": "ws-1", "attributes": {"name": "web-prod"}}}),
        (OUTPUTS, false) => page(
            vec![
                output("wsout-1", "cluster", json!("prod"), false),
                output("wsout-2", "password", Value::Null, true),
            ],
            json!(2),
        ),
        (OUTPUTS, true) => page(
            vec![output("wsout-3", "ids", json!(["a", 1.50]), false)],
            Value::Null,
        ),
        ("/api/v2/state-version-outputs/wsout-2", _) => {
            json!({"data": output("wsout-2", "password", json!("hunter2"), true)})
        }
        _ => return Response::new(404, r#"{"errors":[{"status":"404","title":"not found"}]}"#),
    };
    Response::new(200, body.to_string())
}

fn read(server: &Server, workspace: &str, args: &[&str], env: &[(&str, &str)]) -> Ran {
    let state = format!("tfe://{}/acme/{workspace}", server.host);
    let mut all = vec!["--state", state.as_str()];
    all.extend(args);
    run_with(&all, env)
}

#[test]
fn outputs_of_all_pages() {
    let server = Server::start(api);
    let ran = read(
        &server,
        "web-prod",
        &[],
        &[("FARGATE_STATE_TOKEN", "t0ken")],
    );
    assert_eq!(
        ran.json(),
        json!({"cluster": "prod", "ids": ["a", 1.5]}),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("omitted because they are sensitive: password"),
        "{}",
        ran.stderr
    );
    let requests = server.requests();
    let of_api = requests.iter().filter(|r| r.path.starts_with("/api/"));
    assert_eq!(of_api.count(), 3, "no sensitive value was requested");
}

#[test]
fn sensitive_values_are_requested_one_by_one() {
    let server = Server::start(api);
    let ran = read(
        &server,
        "web-prod",
        &["--include-sensitive"],
        &[("FARGATE_STATE_TOKEN", "t0ken")],
    );
    assert_eq!(ran.json()["password"], "hunter2", "{}", ran.stderr);
}

#[test]
fn tokens_come_from_where_terraform_looks_for_them() {
    let server = Server::start(api);
    let variable = format!("TF_TOKEN_{}", server.host.replace('.', "_"));
    let ran = read(
        &server,
        "web-prod",
        &["--only", "cluster"],
        &[(&variable, "t0ken")],
    );
    assert_eq!(ran.json(), json!({"cluster": "prod"}), "{}", ran.stderr);

    let home = tempfile::tempdir().unwrap();
    let credentials = json!({"credentials": {server.host.clone(): {"token": "t0ken"}}});
    file(
        home.path(),
        ".terraform.d/credentials.tfrc.json",
        credentials.to_string(),
    );
    let home_path = home.path().to_str().unwrap();
    let ran = read(
        &server,
        "web-prod",
        &["--only", "cluster"],
        &[("HOME", home_path)],
    );
    assert_eq!(ran.json(), json!({"cluster": "prod"}), "{}", ran.stderr);

    // The CLI configuration comes before the file of `terraform login`.
    let of = |token: &str| {
        format!(
            "# comment\nplugin_cache_dir = \"x\"\ncredentials \"{}\" {{\n  token = \"{token}\"\n}}\n",
            server.host
        )
    };
    let wrong = json!({"credentials": {server.host.clone(): {"token": "wrong"}}});
    file(
        home.path(),
        ".terraform.d/credentials.tfrc.json",
        wrong.to_string(),
    );
    let explicit = file(home.path(), "ci.tfrc", of("t0ken"));
    for (name, env) in [
        (".terraformrc", vec![("HOME", home_path)]),
        (".terraform.d/ci.tfrc", vec![("HOME", home_path)]),
        (
            "other",
            vec![
                ("HOME", home_path),
                ("TF_CLI_CONFIG_FILE", explicit.as_str()),
            ],
        ),
    ] {
        let path = file(home.path(), name, of("t0ken"));
        let ran = read(&server, "web-prod", &["--only", "cluster"], &env);
        assert_eq!(
            ran.json(),
            json!({"cluster": "prod"}),
            "{name}: {}",
            ran.stderr
        );
        std::fs::remove_file(path).unwrap();
    }
    // An explicit file replaces the default one.
    file(home.path(), ".terraformrc", of("wrong"));
    let env = [
        ("HOME", home_path),
        ("TF_CLI_CONFIG_FILE", explicit.as_str()),
    ];
    let ran = read(&server, "web-prod", &["--only", "cluster"], &env);
    assert_eq!(ran.json(), json!({"cluster": "prod"}), "{}", ran.stderr);
}

#[test]
fn the_api_is_discovered() {
    let token = [("FARGATE_STATE_TOKEN", "t0ken")];
    let discovered = Server::start(|request, number| {
        if request.path == "/.well-known/terraform.json" {
            assert!(!request.headers.contains_key("authorization"));
            let document = json!({"tfe.v2": "/api/iacp/v3", "state.v2": "/api/state/v2/"});
            return Response::new(200, document.to_string());
        }
        let Some(rest) = request.path.strip_prefix("/api/iacp/v3/") else {
            return Response::new(404, "{}");
        };
        let mut request = request.clone();
        request.path = format!("/api/v2/{rest}");
        api(&request, number)
    });
    let ran = read(&discovered, "web-prod", &["--only", "cluster"], &token);
    assert_eq!(ran.json(), json!({"cluster": "prod"}), "{}", ran.stderr);

    // Without a document, the path is the one of HCP Terraform.
    let without = Server::start(|request, number| match discovery(request) {
        Some(_) => Response::new(404, "not found"),
        None => api(request, number),
    });
    let ran = read(&without, "web-prod", &["--only", "cluster"], &token);
    assert_eq!(ran.json(), json!({"cluster": "prod"}), "{}", ran.stderr);

    for (document, message) in [
        (
            "{\"modules.v1\": \"/x/\"}",
            "does not offer the API of HCP Terraform",
        ),
        ("<html>", "the discovery document is not JSON"),
        (
            "{\"tfe.v2\": \"http://192.0.2.1/api/\"}",
            "not an https:// URL",
        ),
    ] {
        let server = Server::start(move |_, _| Response::new(200, document));
        let ran = read(&server, "web-prod", &[], &token);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    }
}

#[test]
fn each_refusal_has_its_own_error() {
    let server = Server::start(api);
    let none = read(&server, "web-prod", &[], &[]);
    assert_eq!(none.code, 4);
    assert!(
        none.stderr.contains("no token for this host")
            && none.stderr.contains("TF_TOKEN_127_0_0_1"),
        "{}",
        none.stderr
    );
    let wrong_type = read(
        &server,
        "web-prod",
        &[],
        &[("FARGATE_STATE_TOKEN", "wrong")],
    );
    assert_eq!(wrong_type.code, 4);
    assert!(
        wrong_type.stderr.contains("the token was rejected"),
        "{}",
        wrong_type.stderr
    );
    let no_state = read(&server, "web-dev", &[], &[("FARGATE_STATE_TOKEN", "t0ken")]);
    assert_eq!(no_state.code, 3);
    assert!(
        no_state.stderr.contains(
            "the workspace does not exist, has no state yet, or the token is not allowed"
        ),
        "{}",
        no_state.stderr
    );
    for ran in [none, wrong_type, no_state] {
        assert!(!ran.stderr.contains("t0ken"), "{}", ran.stderr);
    }
}

#[test]
fn a_token_without_permission_for_outputs_is_denied() {
    let server = Server::start(|request, number| match request.path.as_str() {
        WORKSPACE | "/.well-known/terraform.json" => api(request, number),
        _ => Response::new(403, r#"{"errors":[{"status":"403","title":"forbidden"}]}"#),
    });
    let ran = read(
        &server,
        "web-prod",
        &[],
        &[("FARGATE_STATE_TOKEN", "t0ken")],
    );
    assert_eq!(ran.code, 4);
    assert!(
        ran.stderr.contains(
            "the token is not allowed to read the outputs\nhint: allow \"Read state outputs\""
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_unexpected_response_does_not_put_a_value_into_the_error() {
    let server = Server::start(|request, _| {
        discovery(request).unwrap_or_else(|| Response::new(200, r#"{"data": {"id": ["hunter2"]}}"#))
    });
    let ran = read(
        &server,
        "web-prod",
        &[],
        &[("FARGATE_STATE_TOKEN", "t0ken")],
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("unexpected response from the API"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}
