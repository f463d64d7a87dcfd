//! The settings of the s3 backend: each one is honored or rejected by name, never ignored.

use fakes::Cloud;
use serde_json::json;
use tempfile::TempDir;

use crate::run::{Ran, file, run_with, state};

/// A bucket with a state, and a directory with an s3 block.
struct Backend {
    cloud: Cloud,
    directory: TempDir,
}

impl Backend {
    fn new(files: &[(&str, &str)]) -> Self {
        let cloud = Cloud::start();
        cloud
            .s3()
            .put("acme-state", "k.tfstate", state(json!({"a": 1})));
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            file(directory.path(), name, text);
        }
        Backend { cloud, directory }
    }

    /// A block with this setting.
    fn with(setting: &str) -> Self {
        let block = block(&format!("    bucket = \"acme-state\"\n    {setting}\n"));
        Self::new(&[("main.tf", &block)])
    }

    fn read(&self, args: &[&str], more: &[(&str, &str)]) -> Ran {
        let endpoint = self.cloud.endpoint_url();
        let mut env = self.cloud.env();
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        env.extend(more.iter().map(owned));
        let directory = self.directory.path().to_str().unwrap();
        let mut all = vec!["--from-backend", directory, "--endpoint-url", &endpoint];
        all.extend(args);
        run_with(&all, &env)
    }
}

fn block(inside: &str) -> String {
    format!(
        "terraform {{\n  backend \"s3\" {{\n    key    = \"k.tfstate\"\n    region = \"eu-central-1\"\n{inside}  }}\n}}\n"
    )
}

#[test]
fn unsupported_settings_are_rejected_by_name() {
    let role = "role_arn = \"arn:aws:iam::123456789012:role/state\"";
    for (setting, name, hint) in [
        (
            "profile = \"state\"",
            "profile",
            "set the variable AWS_PROFILE=state",
        ),
        (
            "shared_credentials_files = [\"~/.aws/x\"]",
            "shared_credentials_files",
            "AWS_SHARED_CREDENTIALS_FILE=~/.aws/x",
        ),
        (
            "custom_ca_bundle = \"ca.pem\"",
            "custom_ca_bundle",
            "AWS_CA_BUNDLE=ca.pem",
        ),
        (
            &format!("assume_role = {{ {role}, external_id = \"x\" }}"),
            "assume_role.external_id",
            "--state-role ARN",
        ),
        (
            &format!("{role}\n    external_id = \"x\""),
            "external_id",
            "--state-role ARN",
        ),
        (
            &format!("assume_role = {{ {role} }}\n    endpoints = {{ sts = \"https://sts.x\" }}"),
            "endpoints.sts",
            "AWS_ENDPOINT_URL_STS",
        ),
    ] {
        let backend = Backend::with(setting);
        let ran = backend.read(&[], &[]);
        assert_eq!(ran.code, 2, "{setting}: {}", ran.stderr);
        let error = format!("`{name}` of the s3 backend is not supported\n  at ");
        assert!(ran.stderr.contains(&error), "{setting}: {}", ran.stderr);
        assert!(ran.stderr.contains(hint), "{setting}: {}", ran.stderr);
        assert!(backend.cloud.requests_of("s3", "GetObject").is_empty());
    }
}

#[test]
fn only_an_access_point_can_have_an_arn() {
    let text = block("    bucket = \"arn:aws:s3::123456789012:accesspoint/a.mrap\"\n");
    let ran = Backend::new(&[("main.tf", &text)]).read(&[], &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("use the name of a bucket, or the alias"),
        "{}",
        ran.stderr
    );
}

#[test]
fn options_and_variables_replace_settings() {
    let role = "arn:aws:iam::123456789012:role/state";
    let external = format!("assume_role = {{ role_arn = \"{role}\", external_id = \"x\" }}");
    for (setting, args, env) in [
        // An option that selects other credentials makes the setting irrelevant.
        ("profile = \"dev\"", &["--state-role", role][..], &[][..]),
        ("profile = \"dev\"", &["--role-to-assume", role], &[]),
        ("profile = \"dev\"", &["--backend-config", "profile="], &[]),
        (&external, &["--state-role", role], &[]),
        (
            "http_proxy = \"http://proxy\"",
            &[],
            &[("HTTP_PROXY", "http://proxy"), ("NO_PROXY", "127.0.0.1")],
        ),
        // Without a role, STS is not used.
        ("endpoints = { sts = \"https://sts.x\" }", &[], &[]),
        ("use_fips_endpoint = true", &[], &[]),
        ("use_lockfile = true\n    encrypt = true", &[], &[]),
    ] {
        let ran = Backend::with(setting).read(args, env);
        assert_eq!(ran.json(), json!({"a": 1}), "{setting}: {}", ran.stderr);
    }
}

#[test]
fn a_profile_needs_to_be_the_one_in_use() {
    let backend = Backend::with("profile = \"state\"");
    // The key in the environment would win over the profile.
    let ran = backend.read(&[], &[("AWS_PROFILE", "state")]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("unset AWS_ACCESS_KEY_ID"),
        "{}",
        ran.stderr
    );

    let credentials = file(
        backend.directory.path(),
        "credentials",
        "[state]\naws_access_key_id = AKIASTATE\naws_secret_access_key = s\n",
    );
    let env = [
        ("AWS_PROFILE", "state"),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_SESSION_TOKEN", ""),
    ];
    let ran = backend.read(&["-vv"], &env);
    assert_eq!(ran.json(), json!({"a": 1}), "{}", ran.stderr);
}

#[test]
fn the_session_name_of_the_role_is_used() {
    let backend = Backend::with(
        "assume_role = { role_arn = \"arn:aws:iam::123456789012:role/state\", session_name = \"terraform\" }",
    );
    let ran = backend.read(&[], &[]);
    assert_eq!(ran.json(), json!({"a": 1}), "{}", ran.stderr);
    let assumed = backend.cloud.requests_of("sts", "AssumeRole");
    assert!(format!("{assumed:?}").contains("terraform"), "{assumed:?}");
}

#[test]
fn expressions_are_an_error_only_if_they_are_needed() {
    let text = block("    bucket = var.bucket\n    kms_key_id = local.key\n");
    let backend = Backend::new(&[("main.tf", &text)]);
    let ran = backend.read(&["--backend-config", "bucket=acme-state"], &[]);
    assert_eq!(ran.json(), json!({"a": 1}), "{}", ran.stderr);
    let ran = backend.read(&[], &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("main.tf:5:14\nhint: add --backend-config bucket=VALUE"),
        "{}",
        ran.stderr
    );

    let json_syntax =
        r#"{"terraform": {"backend": {"s3": {"bucket": "${var.b}", "key": "k.tfstate"}}}}"#;
    let backend = Backend::new(&[("main.tf.json", json_syntax)]);
    let ran = backend.read(&[], &[]);
    assert!(
        ran.stderr.contains("`bucket` is not a literal value"),
        "{}",
        ran.stderr
    );
    let ran = backend.read(&["--backend-config", "bucket=acme-state"], &[]);
    assert_eq!(ran.json(), json!({"a": 1}), "{}", ran.stderr);
}

#[test]
fn a_tofu_file_replaces_the_tf_file_beside_it() {
    let old = block("    bucket = \"old\"\n");
    let new = block("    bucket = \"acme-state\"\n");
    let backend = Backend::new(&[("main.tf", &old), ("main.tofu", &new)]);
    assert_eq!(backend.read(&[], &[]).json(), json!({"a": 1}));

    let backend = Backend::new(&[("main.tf", &old), ("other.tofu", &new)]);
    let ran = backend.read(&[], &[]);
    assert!(ran.stderr.contains("duplicate s3 block"), "{}", ran.stderr);
}

#[test]
fn objects_in_backend_config_are_hcl() {
    let backend = Backend::with("");
    let endpoint = backend.cloud.endpoint_url();
    let directory = backend.directory.path().to_str().unwrap();
    let setting = format!("endpoints={{ s3 = \"{endpoint}\" }}");
    let args = [
        "--from-backend",
        directory,
        "--backend-config",
        setting.as_str(),
    ];
    let ran = run_with(&args, &backend.cloud.env());
    assert_eq!(ran.json(), json!({"a": 1}), "{}", ran.stderr);
}

#[test]
fn an_access_point_cannot_have_a_custom_endpoint() {
    let backend = Backend::with("");
    let endpoint = backend.cloud.endpoint_url();
    let state = "s3://arn:aws:s3:eu-central-1:123456789012:accesspoint/my-ap/k.tfstate";
    let args = ["--state", state, "--endpoint-url", endpoint.as_str()];
    let ran = run_with(&args, &backend.cloud.env());
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("use the alias of the access point"),
        "{}",
        ran.stderr
    );
}

#[test]
fn settings_saved_by_init_complete_the_block() {
    let saved = |bucket: &str, key: &str| {
        json!({"version": 3, "backend": {"type": "s3", "hash": 1, "config": {
            "bucket": bucket, "key": key, "region": "eu-central-1", "profile": null, "encrypt": true,
        }}})
        .to_string()
    };
    let text = block("    bucket = var.bucket\n    encrypt = true\n");
    let pointer = ".terraform/terraform.tfstate";
    let backend = Backend::new(&[
        ("main.tf", &text),
        (pointer, &saved("acme-state", "k.tfstate")),
    ]);
    let ran = backend.read(&[], &[]);
    assert_eq!(ran.json(), json!({"a": 1}), "{}", ran.stderr);

    // Options win.
    let ran = backend.read(&["--backend-config", "bucket=other"], &[]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);

    // The block was changed after `terraform init`, so what was saved belongs to another state.
    let backend = Backend::new(&[
        ("main.tf", &text),
        (pointer, &saved("acme-state", "old.tfstate")),
    ]);
    let ran = backend.read(&[], &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("`bucket` is not a literal value"),
        "{}",
        ran.stderr
    );
}
