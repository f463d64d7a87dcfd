//! `--from-backend`: finds the location of a state with the .tf files of a directory.

use std::path::Path;

use fakes::Cloud;
use serde_json::json;
use tempfile::TempDir;

use crate::run::{Ran, file, run_with, state};
use crate::server::{Response, Server};

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        file(directory.path(), name, text);
    }
    directory
}

fn read(directory: &Path, args: &[&str], env: &[(&str, &str)]) -> Ran {
    let mut all = vec!["--from-backend", directory.to_str().unwrap()];
    all.extend(args);
    run_with(&all, env)
}

#[test]
fn without_a_block_the_state_is_local() {
    let of = |name: &str| state(json!({"of": name}));
    let directory = directory(&[
        ("main.tf", "resource \"x\" \"y\" {}\n"),
        ("terraform.tfstate", &of("default")),
        ("terraform.tfstate.d/prod/terraform.tfstate", &of("prod")),
    ]);
    for (args, env, expected) in [
        (&[][..], &[][..], "default"),
        (&["--workspace", "prod"], &[], "prod"),
        (&[], &[("TF_WORKSPACE", "prod")], "prod"),
        (
            &["--workspace", "default"],
            &[("TF_WORKSPACE", "prod")],
            "default",
        ),
    ] {
        let ran = read(directory.path(), args, env);
        assert_eq!(ran.json(), json!({"of": expected}), "{}", ran.stderr);
    }
    // The file that `terraform workspace select prod` writes.
    file(directory.path(), ".terraform/environment", "prod");
    assert_eq!(
        read(directory.path(), &[], &[]).json(),
        json!({"of": "prod"})
    );
}

#[test]
fn a_local_block_names_the_file() {
    let directory = directory(&[
        (
            "backend.tf",
            "terraform {\n  backend \"local\" {\n    path = \"states/infra.tfstate\"\n  }\n}\n",
        ),
        ("states/infra.tfstate", &state(json!({"a": 1}))),
    ]);
    assert_eq!(read(directory.path(), &[], &[]).json(), json!({"a": 1}));
}

#[test]
fn an_s3_block_is_completed_with_backend_config() {
    let cloud = Cloud::start();
    cloud.s3().put(
        "acme-state",
        "infra/terraform.tfstate",
        state(json!({"of": "default"})),
    );
    cloud.s3().put(
        "acme-state",
        "ws/prod/infra/terraform.tfstate",
        state(json!({"of": "prod"})),
    );
    let directory = directory(&[
        (
            "versions.tf",
            r#"
terraform {
  required_version = ">= 1.11"
  required_providers { aws = { source = "hashicorp/aws", version = "~> 6.0" } }
  backend "s3" {
    key                  = "infra/terraform.tfstate"
    workspace_key_prefix = "ws" # as the bootstrap has it
    encrypt              = true
    use_lockfile         = true
    kms_key_id           = "alias/state"
  }
}
"#,
        ),
        ("network.tf", "locals { a = [for x in [1] : x if x > 0] }\n"),
    ]);
    let config = file(
        directory.path(),
        "prod.s3.tfbackend",
        "bucket = \"acme-state\"\nregion = \"us-west-2\"\n",
    );
    let endpoint = cloud.endpoint_url();
    let env = cloud.env();
    let run = |args: &[&str]| {
        let mut all = vec![
            "--from-backend",
            directory.path().to_str().unwrap(),
            "--endpoint-url",
            &endpoint,
        ];
        all.extend(args);
        run_with(&all, &env)
    };
    let ran = run(&["--backend-config", &config]);
    assert_eq!(ran.json(), json!({"of": "default"}), "{}", ran.stderr);
    let ran = run(&[
        "--backend-config",
        "bucket=acme-state",
        "--workspace",
        "prod",
    ]);
    assert_eq!(ran.json(), json!({"of": "prod"}), "{}", ran.stderr);
    // The request is signed for the region of the block.
    let requests = cloud.requests_of("s3", "GetObject");
    assert!(
        format!("{:?}", requests[0]).contains("us-west-2"),
        "{:?}",
        requests[0]
    );

    let ran = run(&[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("error: the s3 backend has no `bucket`\n  at "),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("versions.tf:5:3"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("add --backend-config bucket=VALUE"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_role_in_the_block_is_assumed_with_the_credentials_of_the_job() {
    let cloud = Cloud::start();
    cloud.s3().put("acme-state", "k", state(json!({"a": 1})));
    let directory = directory(&[(
        "b.tf",
        r#"terraform {
  backend "s3" {
    bucket = "acme-state"
    key    = "k"
    region = "eu-central-1"
    assume_role = { role_arn = "arn:aws:iam::123456789012:role/state-reader" }
  }
}"#,
    )]);
    let endpoint = cloud.endpoint_url();
    let args = [
        "--from-backend",
        directory.path().to_str().unwrap(),
        "--endpoint-url",
        &endpoint,
    ];
    let ran = run_with(&args, &cloud.env());
    assert_eq!(ran.json(), json!({"a": 1}), "{}", ran.stderr);
    assert_eq!(cloud.requests_of("sts", "AssumeRole").len(), 1);
}

#[test]
fn an_http_block_with_its_variables() {
    let server = Server::start(|request, _| match request.headers.get("authorization") {
        Some(given) if given == "Basic Y2k6cHc=" => Response::new(200, state(json!({"a": 1}))),
        _ => Response::new(401, ""),
    });
    let address = server.url("/state");
    let block = |inside: &str| {
        directory(&[(
            "b.tf",
            &format!("terraform {{\n  backend \"http\" {{\n{inside}\n  }}\n}}\n"),
        )])
    };
    let with_address = block(&format!(
        "    address = \"{address}\"\n    username = \"ci\""
    ));
    let ran = read(with_address.path(), &[], &[("TF_HTTP_PASSWORD", "pw")]);
    assert_eq!(ran.json(), json!({"a": 1}), "{}", ran.stderr);

    let empty = block("");
    let env = [
        ("TF_HTTP_ADDRESS", address.as_str()),
        ("TF_HTTP_USERNAME", "ci"),
        ("TF_HTTP_PASSWORD", "pw"),
    ];
    assert_eq!(read(empty.path(), &[], &env).json(), json!({"a": 1}));

    let secrets = file(
        empty.path(),
        "secrets.tfbackend",
        format!("address = \"{address}\"\nusername = \"ci\"\npassword = \"pw\"\n"),
    );
    assert_eq!(
        read(empty.path(), &["--backend-config", &secrets], &[]).json(),
        json!({"a": 1})
    );

    let ran = read(empty.path(), &["--backend-config", "password=pw"], &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("puts a secret on the command line"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_cloud_block_and_a_remote_one() {
    let server = Server::start(|request, _| {
        let body = match request.path.split('?').next().unwrap() {
            "/api/v2/organizations/acme/workspaces/web-prod" => json!({"data": {"id": "ws-1"}}),
            "/api/v2/workspaces/ws-1/current-state-version-outputs" => json!({"data": [
                {"id": "o", "attributes": {"name": "a", "sensitive": false, "value": 1}},
            ]}),
            _ => return Response::new(404, "{}"),
        };
        Response::new(200, body.to_string())
    });
    let host = &server.host;
    let named = format!(
        "terraform {{\n cloud {{\n hostname = \"{host}\"\n organization = \"acme\"\n workspaces {{ name = \"web-prod\" }}\n }}\n}}\n"
    );
    let tagged = format!(
        "terraform {{\n cloud {{\n hostname = \"{host}\"\n organization = \"acme\"\n workspaces {{ tags = [\"web\"] }}\n }}\n}}\n"
    );
    let prefixed = format!(
        "terraform {{\n backend \"remote\" {{\n hostname = \"{host}\"\n organization = \"acme\"\n workspaces {{ prefix = \"web-\" }}\n }}\n}}\n"
    );
    let json_form = json!({"terraform": [{"cloud": {"hostname": host, "organization": "acme", "workspaces": [{"name": "web-prod"}]}}]});
    for (name, text, workspace) in [
        ("a.tf", named, None),
        ("a.tf", tagged.clone(), Some("web-prod")),
        ("a.tf", prefixed, Some("prod")),
        ("a.tf.json", json_form.to_string(), None),
    ] {
        let directory = directory(&[(name, &text)]);
        let mut args = Vec::new();
        args.extend(
            workspace
                .iter()
                .flat_map(|workspace| ["--workspace", workspace]),
        );
        let ran = read(directory.path(), &args, &[("FARGATE_STATE_TOKEN", "t0ken")]);
        assert_eq!(ran.json(), json!({"a": 1}), "{text} {}", ran.stderr);
    }
    let directory = directory(&[("a.tf", &tagged)]);
    let ran = read(directory.path(), &[], &[("FARGATE_STATE_TOKEN", "t0ken")]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("contains no workspace: add --workspace NAME"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_override_file_replaces_the_block() {
    let block = |path: &str| {
        format!("terraform {{ \n backend \"local\" {{ \n path = \"{path}\" \n }} \n }}")
    };
    let directory = directory(&[
        ("a.tf", &block("a.tfstate")),
        ("z_override.tf", &block("b.tfstate")),
        ("a.tfstate", &state(json!({"of": "a"}))),
        ("b.tfstate", &state(json!({"of": "b"}))),
        (".#a.tf", "not HCL ["),
        ("notes.txt", "terraform {"),
    ]);
    assert_eq!(read(directory.path(), &[], &[]).json(), json!({"of": "b"}));
}

#[test]
fn unsupported_blocks_are_reported_with_their_location() {
    let block = |text: &str| format!("terraform {{\n  {text}\n}}\n");
    let s3 = |inside: &str| {
        block(&format!(
            "backend \"s3\" {{\n    bucket = \"b\"\n    key = \"k\"\n    {inside}\n  }}"
        ))
    };
    for (files, code, message) in [
        (vec![("a.tf", block("backend \"s3\" {"))], 2, "invalid HCL"),
        (
            vec![(
                "a.tf",
                "terraform {\n  backend \"s3\" {\n    bucket = var.bucket\n  }\n}\n".to_owned(),
            )],
            2,
            "`bucket` is not a literal value\n  at ",
        ),
        (
            vec![(
                "a.tf",
                "terraform {\n  backend \"s3\" {\n    bucket = \"${var.bucket}\"\n  }\n}\n"
                    .to_owned(),
            )],
            2,
            "a.tf:3:14",
        ),
        (
            vec![("a.tf", block("backend \"gcs\" { bucket = \"b\" }"))],
            2,
            "the gcs backend is not supported",
        ),
        (
            vec![
                ("a.tf", block("backend \"local\" {}")),
                ("b.tf", block("backend \"local\" {}")),
            ],
            2,
            "duplicate local block; the first one is at",
        ),
        (
            vec![("a.tf", s3("access_key = \"AKIA\""))],
            2,
            "`access_key` of the s3 backend is not supported",
        ),
        (
            vec![("a.tf", s3("sse_customer_key = \"c2VjcmV0\""))],
            2,
            "terraform output -json | tf-outputs --state -",
        ),
        (
            vec![("a.tf", s3("region = [\"x\"]"))],
            2,
            "`region` of the s3 backend is not a string",
        ),
        (
            vec![(
                "a.tf",
                block("backend \"http\" {\n address = \"ftp://x\"\n }"),
            )],
            2,
            "`address` of the http backend is not an http:// or https:// URL",
        ),
        (
            vec![(
                "a.tf",
                block(
                    "backend \"http\" {\n address = \"https://x\"\n skip_cert_verification = true\n }",
                ),
            )],
            2,
            "set SSL_CERT_FILE",
        ),
        (vec![("a.tf.json", "{".to_owned())], 2, "invalid JSON"),
        (
            vec![("notes.txt", String::new())],
            3,
            "contains no .tf files",
        ),
    ] {
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let directory = directory(&files);
        let ran = read(directory.path(), &[], &[]);
        assert_eq!(ran.code, code, "{message}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{message}: {}", ran.stderr);
        assert!(
            !ran.stderr.contains("AKIA") && !ran.stderr.contains("c2VjcmV0"),
            "{}",
            ran.stderr
        );
    }
    let ran = read(Path::new("/nowhere/Infra"), &[], &[]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr
            .contains("the directory /nowhere/Infra does not exist"),
        "{}",
        ran.stderr
    );
}
