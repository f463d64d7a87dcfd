//! The Jenkinsfile: groovy parses it, and a small emulator of declarative pipelines
//! (`tests/jenkins/run.groovy`) runs its steps and those of the shared library.

use std::path::PathBuf;

use fakes::Trust;
use serde_json::json;
use stories::counterparts::{Unavailable, find, not_run};
use stories::programs::{Ran, command, program, repository, run};

use super::scene::{Scene, copy};

const ISSUER: &str = "https://jenkins.example/oidc";

fn groovy() -> Result<PathBuf, Unavailable> {
    for (what, package) in [("groovy", "groovy"), ("buildah", "buildah")] {
        if find(what).is_none() {
            let why = format!("install the Debian package {package}");
            return Err(Unavailable {
                what: "groovy with buildah",
                why,
            });
        }
    }
    Ok(find("groovy").unwrap_or_default())
}

struct Jenkins {
    scene: Scene,
    groovy: PathBuf,
    builder: Vec<(String, String)>,
}

impl Jenkins {
    fn new() -> Result<Self, Unavailable> {
        let groovy = groovy()?;
        let scene = Scene::new();
        scene.sample(".");
        let builder = scene.dockerfile(".");
        copy(
            &repository().join("workflows-examples/jenkins/Jenkinsfile"),
            &scene.repo().join("Jenkinsfile"),
        );
        let trust = Trust::issuer(ISSUER)
            .audience("sts.amazonaws.com")
            .subject("job/deploy");
        scene.cloud.sts().trust(trust);
        let token = scene.cloud.sts().web_identity_token(json!({
            "iss": ISSUER, "aud": "sts.amazonaws.com", "sub": "job/deploy",
        }));
        std::fs::write(scene.at("aws-oidc"), token).unwrap();
        Ok(Self {
            scene,
            groovy,
            builder,
        })
    }

    /// The build with this number.
    fn run(&self, build: u32, revision: &str) -> Ran {
        let mut groovy = command(&self.groovy);
        groovy
            .arg(repository().join("tests/jenkins/run.groovy"))
            .arg("Jenkinsfile");
        groovy.current_dir(self.scene.repo());
        // Debian's groovy expects Java at the path of the package default-jre.
        let java = find("java").and_then(|java| java.canonicalize().ok());
        if let Some(home) = java.as_deref().and_then(|java| java.parent()?.parent()) {
            groovy.env("JAVA_HOME", home);
        }
        groovy
            .env("HOME", self.scene.at("home"))
            .env("JENKINS_URL", "http://jenkins.example/");
        groovy.env("CREDENTIAL_AWS_OIDC", self.scene.at("aws-oidc"));
        groovy.env("PARAMETER_REVISION", revision);
        groovy
            .env("GIT_COMMIT", "5c0ffee")
            .env("BUILD_NUMBER", build.to_string())
            .env("BUILD_TAG", format!("jenkins-web-{build}"));
        groovy.env("FARGATE_PIPELINE_BIN", program("fargate-pipeline"));
        groovy.env("FARGATE_ENDPOINT_URL", self.scene.cloud.endpoint_url());
        groovy
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("NO_PROXY", "127.0.0.1");
        groovy.envs(self.builder.iter().cloned());
        run(&mut groovy)
    }

    fn report(&self, file: &str) -> String {
        std::fs::read_to_string(self.scene.repo().join(file)).unwrap()
    }
}

#[test]
fn the_jenkinsfile_deploys_and_rolls_back() {
    let jenkins = match Jenkins::new() {
        Ok(jenkins) => jenkins,
        Err(reason) => return not_run("the_jenkinsfile_deploys_and_rolls_back", &reason),
    };
    let ran = jenkins.run(1, "").expect(0);
    let order: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|l| l.starts_with("stage ") || l.starts_with("step "))
        .collect();
    assert_eq!(
        order,
        ["stage Build", "stage Deploy", "step Deploy", "step Report"]
    );
    let cloud = &jenkins.scene.cloud;
    assert_eq!(cloud.requests_of("ecs", "CreateService").len(), 1);
    for (file, first) in [
        ("deployment.md", "### ✅"),
        ("deployment.html", "<!DOCTYPE html>"),
    ] {
        let report = jenkins.report(file);
        assert!(report.starts_with(first), "{report}");
        assert!(
            report.contains("hello") && report.contains("ecr-push"),
            "{report}"
        );
    }
    let token = std::fs::read_to_string(jenkins.scene.at("aws-oidc")).unwrap();
    assert!(!(ran.stdout + &ran.stderr).contains(&token));

    cloud.forget_requests();
    // The workspace still contains the results of build 1.
    let ran = jenkins.run(2, "hello:1").expect(0);
    assert!(!ran.stdout.contains("stage Build"), "{}", ran.stdout);
    assert!(cloud.requests_of("ecr", "GetAuthorizationToken").is_empty());
    for file in ["deployment.md", "deployment.html"] {
        let report = jenkins.report(file);
        assert!(!report.contains("ecr-push"), "build 1 pushed: {report}");
        assert!(report.contains('✅'), "{report}");
    }
    for named in ["ecr-push.json is ignored", "jenkins-web-1", "jenkins-web-2"] {
        assert!(ran.stderr.contains(named), "{named}: {}", ran.stderr);
    }
}

#[test]
fn a_crash_fails_the_build_after_it_was_reported() {
    let jenkins = match Jenkins::new() {
        Ok(jenkins) => jenkins,
        Err(reason) => return not_run("a_crash_fails_the_build_after_it_was_reported", &reason),
    };
    jenkins.scene.crashes("hello");
    let ran = jenkins.run(1, "");
    assert_ne!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("step Report"), "{}", ran.stdout);
    let report = jenkins.report("deployment.html");
    assert!(report.contains("exited with code 3"), "{report}");
    assert!(
        ran.stderr.contains("DATABASE_URL is not set"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_setting_that_the_library_does_not_have_is_an_error() {
    let jenkins = match Jenkins::new() {
        Ok(jenkins) => jenkins,
        Err(reason) => {
            return not_run(
                "a_setting_that_the_library_does_not_have_is_an_error",
                &reason,
            );
        }
    };
    let path = jenkins.scene.repo().join("Jenkinsfile");
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to, message) in [
        ("revision:", "version:", "has no setting version"),
        ("state:", "source:", "needs the settings state"),
    ] {
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let ran = jenkins.run(1, "hello:1");
        assert_ne!(ran.code, 0, "{}", ran.stdout);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    }
    assert!(
        jenkins
            .scene
            .cloud
            .requests_of("ecs", "CreateService")
            .is_empty()
    );
}
