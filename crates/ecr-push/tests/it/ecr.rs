//! ECR through its API: the login, a push without problems, and errors with their hints.

use std::fs;
use std::time::Duration;

use fakes::{ApiError, Cloud, Fault};

use crate::program::{Run, run};
use crate::sample::{Image, layer};

pub struct Scene {
    pub cloud: Cloud,
    pub folder: tempfile::TempDir,
    pub manifest: String,
}

impl Scene {
    /// A cloud without repositories, and an image in a directory.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Image::small(1).oci_folder(&folder.path().join("layout"));
        Self {
            cloud: Cloud::start(),
            folder,
            manifest,
        }
    }

    pub fn source(&self) -> String {
        format!("oci:{}/layout", self.folder.path().display())
    }

    pub fn push(&self, more: &[&str]) -> Run {
        self.push_source(&self.source(), &self.cloud.env(), more)
    }

    pub fn push_source(&self, source: &str, env: &[(String, String)], more: &[&str]) -> Run {
        let endpoint = self.cloud.endpoint_url();
        let mut args = vec!["--source", source, "--repository", "team/app"];
        args.extend(["--endpoint-url", &endpoint]);
        args.extend(more);
        let before = self.cloud.requests().len();
        let run = run(env, &args);
        crate::policy::check(&self.cloud.requests()[before..], &args);
        run
    }

    pub fn count(&self, service: &str, operation: &str) -> usize {
        self.cloud.requests_of(service, operation).len()
    }
}

#[test]
fn an_image_goes_to_ecr_with_nothing_but_credentials() {
    let scene = Scene::new();
    let uri = scene.cloud.ecr().repository("team/app");
    let outputs = scene.folder.path().join("outputs");
    let mut env = scene.cloud.env();
    env.push(("GITHUB_ACTIONS".into(), "true".into()));
    env.push(("GITHUB_OUTPUT".into(), outputs.display().to_string()));
    let more = ["--tag", "v1", "--tag", "latest"];
    let run = scene
        .push_source(&scene.source(), &env, &more)
        .ended(0, "pushed");
    assert_eq!(run.stdout, format!("{uri}@{}\n", scene.manifest));
    let stored = scene
        .cloud
        .registry()
        .manifest("team/app", "latest")
        .unwrap();
    let blobs = scene.folder.path().join("layout/blobs/sha256");
    assert!(stored.bytes == fs::read(blobs.join(&scene.manifest[7..])).unwrap());
    assert_eq!(scene.count("ecr", "GetAuthorizationToken"), 1);
    assert_eq!(scene.count("ecr", "DescribeRepositories"), 0);
    let written = fs::read_to_string(outputs).unwrap();
    for line in [format!("{uri}@{}", scene.manifest), "v1\nlatest".to_owned()] {
        assert!(written.contains(&line), "{written}");
    }
    // Every request to the registry had credentials from the start, so none was repeated.
    assert_eq!(run.requests(), scene.cloud.requests().len() as u64 - 1);
    scene.push(&["--tag", "v1"]).ended(0, "unchanged");
}

#[test]
fn a_response_that_ends_early_is_requested_again() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("team/app");
    let fault = Fault::on("ecr", "GetAuthorizationToken").times(2);
    scene.cloud.fault(fault.malformed());
    scene.push(&["--tag", "v1"]).ended(0, "pushed");
    assert_eq!(scene.count("ecr", "GetAuthorizationToken"), 3);
}

#[test]
fn a_missing_repository_is_reported_at_once() {
    let scene = Scene::new();
    let run = scene
        .push(&["--tag", "v1"])
        .ended(3, "not-found")
        .with_error(&[
            &format!(
                "the repository team/app does not exist in {}",
                scene.cloud.host()
            ),
            "--create-repository",
        ]);
    assert!(run.took < Duration::from_secs(20));
    // ECR breaks the connection at the start of an upload. Its API is asked once, without retries.
    assert_eq!(scene.count("ecr", "DescribeRepositories"), 1);
    assert!(!run.stderr.contains("trying again"), "{}", run.stderr);
    scene
        .push(&["--tag", "v1", "--dry-run"])
        .ended(3, "not-found");
}

#[test]
fn uploads_without_permission_are_reported() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("team/app");
    scene.cloud.registry().deny_uploads("team/app");
    scene
        .push(&["--tag", "v1"])
        .ended(4, "denied")
        .with_error(&[
            "ECR closed the connection at the start of every upload to",
            "ecr:InitiateLayerUpload",
        ]);
}

#[test]
fn a_denied_action_is_in_the_hint() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("team/app");
    let words = "User: arn:aws:sts::123456789012:assumed-role/deploy/ci is not authorized to \
        perform: ecr:PutImage on resource: arn:aws:ecr:eu-central-1:123456789012:repository/team/app \
        because no identity-based policy allows the ecr:PutImage action";
    let denied = ApiError::with_status(403, "DENIED", words);
    scene
        .cloud
        .fault(Fault::on("registry", "PutManifest").always().error(denied));
    scene
        .push(&["--tag", "v1"])
        .ended(4, "denied")
        .with_error(&[
            "refused to store the tag v1: 403 DENIED",
            "hint: allow ecr:PutImage to the role of this job",
        ]);
    assert!(scene.cloud.registry().tag("team/app", "v1").is_none());
}

#[test]
fn unusable_credentials_have_their_own_errors() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("team/app");
    let login = || Fault::on("ecr", "GetAuthorizationToken");
    scene.cloud.fault(login().denied());
    scene
        .push(&["--tag", "v1"])
        .ended(4, "denied")
        .with_error(&["AccessDeniedException", "allow ecr:GetAuthorizationToken"]);
    scene.cloud.fault(login().expired());
    scene
        .push(&["--tag", "v1"])
        .ended(4, "denied")
        .with_error(&["ExpiredToken", "the credentials have expired"]);

    let without = |names: &[&str]| -> Vec<(String, String)> {
        let env = scene.cloud.env().into_iter();
        env.filter(|(name, _)| !names.contains(&name.as_str()))
            .collect()
    };
    let env = without(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    let run = scene.push_source(&scene.source(), &env, &["--tag", "v1"]);
    // One second, and more for a machine that runs other tests at the same time. The test excludes
    // that the program waits for an instance metadata service.
    assert!(run.result["seconds"].as_f64().unwrap() < 2.5, "{run:#?}");
    run.ended(4, "denied").with_error(&["no AWS credentials"]);
    let env = without(&["AWS_REGION"]);
    let run = scene.push_source(&scene.source(), &env, &["--tag", "v1"]);
    run.ended(2, "invalid").with_error(&["no region is set"]);
    assert_eq!(scene.count("registry", "HeadManifest"), 0);
}

#[test]
fn layers_of_the_newest_image_are_reused() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("team/app");
    let path = scene.folder.path().join("image.tar");
    let source = format!("docker-archive:{}", path.display());
    let mut image = Image::small(70);
    image.legacy_archive(&path, "app:v1");
    let push = |tag: &str| scene.push_source(&source, &scene.cloud.env(), &["--tag", tag]);
    push("one").ended(0, "pushed");
    image.layers[1] = layer(79, 10_000);
    image.legacy_archive(&path, "app:v2");
    scene.cloud.forget_requests();
    let run = push("two").ended(0, "pushed");
    assert_eq!((run.layers("already-there"), run.layers("sent")), (1, 1));
    assert_eq!(scene.count("ecr", "DescribeImages"), 1);
    // A role that may not list images compresses the layers, and pushes them all the same.
    scene
        .cloud
        .fault(Fault::on("ecr", "DescribeImages").always().denied());
    image.layers[1] = layer(80, 10_000);
    image.legacy_archive(&path, "app:v3");
    let run = push("three").ended(0, "pushed");
    assert_eq!((run.layers("already-there"), run.layers("sent")), (1, 1));
}

#[test]
fn credentials_that_expire_during_a_push_are_renewed_once() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("team/app");
    let gone = ApiError::with_status(401, "UNAUTHORIZED", "Not Authorized");
    scene.cloud.fault(
        Fault::on("registry", "PutUpload")
            .times(2)
            .error(gone.clone()),
    );
    let run = scene.push(&["--tag", "v1"]).ended(0, "pushed");
    assert_eq!(run.digest(), scene.manifest);
    let logins = scene.count("ecr", "GetAuthorizationToken");
    assert!((2..=3).contains(&logins), "{logins}");
    scene
        .cloud
        .fault(Fault::on("registry", "PutManifest").always().error(gone));
    scene
        .push(&["--tag", "v2"])
        .ended(4, "denied")
        .with_error(&["401 UNAUTHORIZED"]);
}

#[test]
fn mounts_that_the_account_does_not_allow_become_uploads() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("team/app");
    scene.cloud.ecr().repository("team/base");
    scene.push(&["--tag", "v1"]).ended(0, "pushed");
    let endpoint = scene.cloud.endpoint_url();
    let push = |repository: &str| {
        scene.cloud.ecr().repository(repository);
        let source = scene.source();
        let args = [
            "--source",
            &source,
            "--repository",
            repository,
            "--tag",
            "v1",
            "--endpoint-url",
            &endpoint,
            "--mount-from",
            "team/app",
        ];
        run(&scene.cloud.env(), &args).ended(0, "pushed")
    };
    let sent = push("team/one");
    assert_eq!(sent.layers("sent"), 2);
    // The upload session of the rejected mount is used, so there is no second POST.
    assert_eq!(scene.count("registry", "MountBlob"), 3);
    scene.cloud.registry().mounting();
    assert_eq!(push("team/two").layers("mounted"), 2);
}

#[test]
fn a_region_that_contradicts_the_registry_is_rejected() {
    let scene = Scene::new();
    let host = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
    let more = ["--registry", host, "--region", "eu-west-1"];
    scene
        .push(&more)
        .ended(2, "invalid")
        .with_error(&["is in us-east-1, but --region is eu-west-1"]);
    let source = scene.source();
    let args = [
        "--source",
        &source,
        "--repository",
        "a",
        "--registry",
        "ghcr.io",
        "--create-repository",
    ];
    run(&[], &args)
        .ended(2, "invalid")
        .with_error(&["--create-repository requires ECR, but ghcr.io is a plain OCI registry"]);
}
