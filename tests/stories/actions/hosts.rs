//! `workflows-examples/deploy.sh`, which the examples of several CI hosts run, with the variables of each
//! of these hosts: it downloads the release, finds the host's token, deploys and reports.

use fakes::Trust;
use serde_json::json;
use stories::programs::{Ran, command, repository, run};

use super::releases::Releases;
use super::scene::{ROLE, STATE, Scene, copy};

const ISSUER: &str = "https://oidc.ci.example";

struct Host {
    scene: Scene,
    releases: Releases,
    token: String,
}

impl Host {
    fn new() -> Self {
        let scene = Scene::new();
        let trust = Trust::issuer(ISSUER).audience("acme").subject("web/main");
        scene.cloud.sts().trust(trust);
        let claims = json!({"iss": ISSUER, "aud": "acme", "sub": "web/main"});
        let token = scene.cloud.sts().web_identity_token(claims);
        scene.sample(".");
        let script = repository().join("workflows-examples/deploy.sh");
        copy(&script, &scene.repo().join("deploy.sh"));
        scene.commit();
        let releases = Releases::start(&scene.at("releases"));
        Self {
            scene,
            releases,
            token,
        }
    }

    /// Runs the script with only these variables and the documented ones.
    fn run(&self, variables: &[(&str, &str)]) -> Ran {
        let mut script = command("sh");
        script.args(["deploy.sh", "oci:image"]);
        script.current_dir(self.scene.repo());
        script
            .env("HOME", self.scene.at("home"))
            .env("FARGATE_PIPELINE_URL", &self.releases.url)
            .env("FARGATE_ENDPOINT_URL", self.scene.cloud.endpoint_url())
            .env("FARGATE_STATE", STATE)
            .env("FARGATE_ROLE_TO_ASSUME", ROLE)
            .env("FARGATE_REGION", "eu-central-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("NO_PROXY", "127.0.0.1");
        run(script.envs(variables.iter().copied()))
    }

    fn report(&self) -> String {
        std::fs::read_to_string(self.scene.repo().join("deployment.html")).unwrap()
    }
}

#[test]
fn each_host_deploys_with_its_own_variables() {
    let host = Host::new();
    let token = host.token.as_str();
    let ours = "FARGATE_WEB_IDENTITY_TOKEN";
    let hosts = [
        (
            "CIRCLECI",
            "true",
            "CIRCLE_WORKFLOW_ID",
            "CIRCLE_OIDC_TOKEN_V2",
        ),
        ("TF_BUILD", "True", "BUILD_BUILDID", ours),
        ("BUILDKITE", "true", "BUILDKITE_BUILD_ID", ours),
        ("CI", "woodpecker", "CI_PIPELINE_NUMBER", ours),
        (
            "BITBUCKET_COMMIT",
            "5c0ffee",
            "BITBUCKET_BUILD_NUMBER",
            "BITBUCKET_STEP_OIDC_TOKEN",
        ),
    ];
    for (at, (name, value, run_id, token_variable)) in hosts.into_iter().enumerate() {
        let id = format!("run-{at}");
        let variables = [
            ("CI", "true"),
            (name, value),
            (run_id, id.as_str()),
            (token_variable, token),
        ];
        let ran = host.run(&variables).expect(0);
        let log = ran.stdout + &ran.stderr;
        // Azure's mask is the command that hides it.
        let shown = log.lines().filter(|line| line.contains(token));
        for line in shown {
            assert!(line.starts_with("##vso[task.setsecret]"), "{name}: {line}");
        }
        assert!(host.report().contains("✅"), "{name}: {}", host.report());
        let result = host.scene.repo().join("results/wait-healthy.json");
        let result: serde_json::Value =
            serde_json::from_slice(&std::fs::read(result).unwrap()).unwrap();
        assert_eq!(result["runId"], id.as_str(), "{name}");
    }
    let cloud = &host.scene.cloud;
    assert_eq!(cloud.requests_of("ecs", "CreateService").len(), 1);
}

#[test]
fn a_failure_is_reported_and_ends_the_script() {
    let host = Host::new();
    host.scene.crashes("hello");
    let variables = [
        ("CIRCLECI", "true"),
        ("CIRCLE_OIDC_TOKEN_V2", host.token.as_str()),
    ];
    let ran = host.run(&variables);
    assert_ne!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        host.report().contains("exited with code 3"),
        "{}",
        host.report()
    );
}
