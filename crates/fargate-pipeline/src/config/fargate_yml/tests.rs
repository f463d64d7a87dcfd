//! What `fargate.yml` means, and the errors about it.

use pipeline_io::Failure as _;

use super::apply;
use crate::config::flags::deploy_command;
use crate::config::settings::{Origin, Settings};

const EXAMPLE: &str = "\
service: web
cluster: staging
force-new-deployment: false
tag: [v1, v2]
env:
  LOG_LEVEL: info
  WORKERS: 4
environments:
  staging: {}
  production:
    cluster: production
    timeout: 20m
  canary:
    inherits: production
    service: web-canary
";

fn read(text: &str, environment: Option<&str>) -> Result<Settings, super::FileMistake> {
    let mut settings = Settings::default();
    apply(text, environment, &deploy_command(), &mut settings)?;
    Ok(settings)
}

#[test]
fn an_environment_wins_over_its_parent_and_the_top_level() {
    for (environment, cluster, service, timeout) in [
        (None, "staging", "web", None),
        (Some("staging"), "staging", "web", None),
        (Some("production"), "production", "web", Some("20m")),
        (Some("canary"), "production", "web-canary", Some("20m")),
    ] {
        let settings = read(EXAMPLE, environment).expect("valid");
        assert_eq!(settings.get("cluster"), Some(cluster), "{environment:?}");
        assert_eq!(settings.get("service"), Some(service), "{environment:?}");
        assert_eq!(settings.get("timeout"), timeout, "{environment:?}");
    }
    let settings = read(EXAMPLE, Some("canary")).expect("valid");
    let line = |line| Origin::File {
        file: "fargate.yml".into(),
        line,
    };
    assert_eq!(settings.origin("cluster"), Some(&line(11)));
    assert_eq!(settings.list("tag"), ["v1", "v2"]);
    assert_eq!(settings.list("env"), ["LOG_LEVEL=info", "WORKERS=4"]);
    assert!(!settings.is_on("force-new-deployment"));
}

#[test]
fn an_earlier_source_wins_over_the_file() {
    let mut settings = Settings::default();
    settings.fill("cluster", vec!["flag".into()], Origin::Flag);
    apply(
        EXAMPLE,
        Some("production"),
        &deploy_command(),
        &mut settings,
    )
    .expect("valid");
    assert_eq!(settings.get("cluster"), Some("flag"));
}

#[test]
fn each_mistake_has_a_location_and_a_way_out() {
    for (text, environment, message, at, hint) in [
        (
            "clusters: x\n",
            None,
            "unknown member \"clusters\"",
            "1:1",
            "did you mean cluster?",
        ),
        (
            "service: web\nenvironments:\n  prod:\n    services: x\n",
            None,
            "unknown member \"services\"",
            "4:5",
            "did you mean service?",
        ),
        (
            "service: [a]\n",
            None,
            "service is a list: expected one value",
            "1:10",
            "",
        ),
        (
            "dry-run: maybe\n",
            None,
            "dry-run is text: expected true or false",
            "1:10",
            "",
        ),
        (
            "service:\n",
            None,
            "service is nothing: expected one value",
            "1:8",
            "",
        ),
        (
            "tag:\n  - [a]\n",
            None,
            "tag is a list: expected a list of text",
            "2:5",
            "",
        ),
        (
            "working-directory: x\n",
            None,
            "unknown member \"working-directory\"",
            "1:1",
            "members are the flags of `fargate-pipeline deploy --help` without --",
        ),
        (
            "environments: prod\n",
            None,
            "environments is text: expected a mapping from a name to members",
            "1:15",
            "",
        ),
        (
            "environments:\n  a: {inherits: b}\n  b: {inherits: a}\n",
            None,
            "environment \"a\" inherits from itself",
            "3:17",
            "",
        ),
        (
            "environments:\n  production: {}\n  b: {inherits: productions}\n",
            None,
            "fargate.yml has no environment \"productions\"",
            "3:17",
            "did you mean production?",
        ),
        (
            EXAMPLE,
            Some("qa"),
            "fargate.yml has no environment \"qa\"",
            "",
            "fargate.yml defines staging, production, canary",
        ),
        (
            "# empty\n",
            Some("qa"),
            "fargate.yml has no environment \"qa\"",
            "",
            "fargate.yml defines no environments",
        ),
    ] {
        let mistake = read(text, environment).expect_err(text);
        assert_eq!(mistake.to_string(), message);
        let location = mistake
            .location()
            .map(|at| at.to_string())
            .unwrap_or_default();
        assert_eq!(location.trim_start_matches("fargate.yml:"), at, "{text}");
        assert_eq!(mistake.hint().unwrap_or_default(), hint, "{text}");
    }
}
