//! `-v` and `-vv`: every request is shown, and no secret is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakes::Cloud;

use crate::program::{Run, run};
use crate::sample::Image;

const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";

/// A push of a small image with a role assumed by GitHub's OIDC token.
fn push(cloud: &Cloud, more: &[&str], variables: &[(&str, &str)]) -> Run {
    cloud.ecr().repository("team/app");
    let folder = tempfile::tempdir().unwrap();
    Image::small(1).oci_folder(&folder.path().join("layout"));
    let source = format!("oci:{}/layout", folder.path().display());
    let endpoint = cloud.endpoint_url();
    let mut args = vec![
        "--source",
        &source,
        "--repository",
        "team/app",
        "--tag",
        "v1",
    ];
    args.extend(["--endpoint-url", &endpoint, "--role-to-assume", ROLE]);
    args.extend(more);
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let mut env = cloud.env();
    env.retain(|(name, _)| !keys.contains(&name.as_str()));
    env.extend(cloud.sts().github_env());
    let named = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    env.extend(variables.iter().map(named));
    run(&env, &args)
}

/// Every secret that this cloud has issued.
fn secrets(cloud: &Cloud) -> Vec<String> {
    let env = cloud.sts().github_env();
    let request_token = env.into_iter().find(|(name, _)| name.ends_with("_TOKEN"));
    let mut secrets = vec![request_token.unwrap().1];
    for asked in cloud.requests_of("oidc", "GetToken") {
        secrets.push(asked.answer_json()["value"].as_str().unwrap().to_owned());
    }
    for asked in cloud.requests_of("sts", "AssumeRoleWithWebIdentity") {
        let text = String::from_utf8_lossy(&asked.answer).into_owned();
        for name in ["AccessKeyId", "SecretAccessKey", "SessionToken"] {
            let after = text.split_once(&format!("<{name}>")).unwrap().1;
            secrets.push(after.split_once('<').unwrap().0.to_owned());
        }
    }
    for asked in cloud.requests_of("ecr", "GetAuthorizationToken") {
        let login = &asked.answer_json()["authorizationData"][0]["authorizationToken"];
        let login = login.as_str().unwrap().to_owned();
        let plain = String::from_utf8(STANDARD.decode(&login).unwrap()).unwrap();
        secrets.push(plain.split_once(':').unwrap().1.to_owned());
        secrets.push(login);
    }
    assert_eq!(secrets.len(), 7, "{secrets:?}");
    secrets
}

#[test]
fn every_request_is_shown_and_no_secret() {
    let cloud = Cloud::start();
    let ran = push(&cloud, &["-vv"], &[]).ended(0, "pushed");
    let host = cloud.endpoint_url().replace("http://", "");
    let shown = |start: &str| {
        let mut lines = ran.stderr.lines().map(|line| line.replace(&host, "HOST"));
        let found = lines.find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("{start:?} is not in {}", ran.stderr))
    };
    shown("debug: GET HOST/oidc/token: HTTP 200 in ");
    let login = shown("debug: POST ecr GetAuthorizationToken: HTTP 200 in ");
    assert!(login.contains(" ms, AWS request id "), "{login}");
    let assumed = ran
        .stderr
        .lines()
        .filter(|line| line.contains(" AssumeRoleWithWebIdentity: "));
    assert_eq!(assumed.count(), 1, "{}", ran.stderr);
    let lines = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("debug: "));
    assert_eq!(
        lines.clone().count(),
        cloud.requests().len(),
        "{}",
        ran.stderr
    );
    assert!(
        lines
            .clone()
            .any(|line| line.contains("/v2/team/app/manifests/v1: HTTP 201"))
    );
    assert!(
        !lines.clone().any(|line| line.contains('?')),
        "no query is shown"
    );
    for secret in secrets(&cloud) {
        assert!(
            !ran.stderr.contains(&secret),
            "{secret} is in {}",
            ran.stderr
        );
    }
}

#[test]
fn requests_are_shown_only_with_v_or_debug_logging() {
    for (more, variables, is_shown) in [
        (&[][..], &[][..], false),
        (&["-v"], &[], true),
        (&[], &[("FARGATE_VERBOSE", "1")], true),
        (&[], &[("RUNNER_DEBUG", "1")], false),
        (
            &[],
            &[("RUNNER_DEBUG", "1"), ("GITHUB_ACTIONS", "true")],
            true,
        ),
    ] {
        let cloud = Cloud::start();
        let ran = push(&cloud, more, variables).ended(0, "pushed");
        let is_there = ran
            .stderr
            .contains("debug: POST ecr GetAuthorizationToken: HTTP 200");
        assert_eq!(is_there, is_shown, "{more:?} {variables:?} {}", ran.stderr);
    }
}
