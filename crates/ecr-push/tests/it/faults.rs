//! Faults of a registry: the push succeeds or fails with a clear error, and never writes a wrong
//! manifest.

use std::time::Duration;

use fakes::{ApiError, Cloud, Fault};

use crate::program::{Run, run};
use crate::sample::{Image, Layout, OCI_MANIFEST, digest};

pub(crate) struct Scene {
    pub(crate) cloud: Cloud,
    folder: tempfile::TempDir,
    pub(crate) manifest: String,
    layout: Layout,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut layout = Layout::new();
        let manifest = layout.image(&Image::small(1), true);
        layout.tag(OCI_MANIFEST, &manifest, None);
        layout.write_folder(folder.path());
        let cloud = Cloud::start();
        cloud.registry().plain();
        Self {
            cloud,
            folder,
            manifest,
            layout,
        }
    }

    pub(crate) fn push(&self, more: &[&str]) -> Run {
        let url = self.cloud.endpoint_url();
        let source = format!("oci:{}", self.folder.path().display());
        let mut args = vec![
            "--source",
            &source,
            "--registry",
            &url,
            "--repository",
            "app",
        ];
        args.extend(["--tag", "v1"]);
        args.extend(more);
        run(&[], &args)
    }

    /// Panics unless the registry has every blob and manifest unchanged.
    pub(crate) fn assert_complete(&self) {
        let registry = self.cloud.registry();
        assert_eq!(
            registry.tag("app", "v1").as_deref(),
            Some(&self.manifest[..])
        );
        for blob in &self.layout.blobs {
            let wanted = digest(blob);
            let stored = if wanted == self.manifest {
                registry.manifest("app", "v1").unwrap().bytes.to_vec()
            } else {
                registry.blob(&wanted).unwrap()
            };
            assert!(stored == *blob, "{wanted}");
        }
    }
}

#[test]
fn temporary_faults_are_retried() {
    let soon = Duration::from_secs(1);
    type Make = fn(fakes::FaultRule, Duration) -> Fault;
    let faults: [(&str, Make); 8] = [
        ("429 with Retry-After", |rule, soon| {
            rule.throttle_with_retry_after(soon)
        }),
        ("429", |rule, _| rule.throttle()),
        ("500", |rule, _| rule.status(500)),
        ("503", |rule, _| rule.status(503)),
        ("502 in HTML", |rule, _| rule.html(502)),
        ("cut before the work", |rule, _| rule.cut_before_answer()),
        ("cut after the work", |rule, _| rule.cut_after_work()),
        ("408", |rule, _| rule.bare(408)),
    ];
    let operations = [
        "HeadManifest",
        "HeadBlob",
        "StartUpload",
        "PutUpload",
        "PutManifest",
    ];
    // Most of the time is spent in pauses, so the cases run in parallel.
    std::thread::scope(|scope| {
        for (name, make) in faults {
            scope.spawn(move || {
                for operation in operations {
                    let scene = Scene::new();
                    let rule = Fault::on("registry", operation).times(2);
                    scene.cloud.fault(make(rule, soon));
                    let run = scene.push(&[]).ended(0, "pushed");
                    assert_eq!(run.digest(), scene.manifest, "{name} {operation}");
                    let waited = run.stderr.contains("trying again in");
                    assert!(waited, "{name} {operation}: {}", run.stderr);
                    scene.assert_complete();
                }
            });
        }
    });
}

#[test]
fn retry_after_is_obeyed() {
    let scene = Scene::new();
    let rule = Fault::on("registry", "PutManifest");
    scene
        .cloud
        .fault(rule.throttle_with_retry_after(Duration::from_secs(2)));
    let run = scene.push(&[]).ended(0, "pushed");
    assert!(run.took >= Duration::from_secs(2), "{:?}", run.took);
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "the output of a failure contains the byte"
)]
fn an_upload_that_breaks_anywhere_is_repeated() {
    let anywhere = std::iter::repeat_with(|| fastrand::u64(..1_500_000));
    let known = [0, 1, 1000, 65_536, 150_000, 1_000_000];
    for byte in known.into_iter().chain(anywhere.take(6)) {
        println!("cut at byte {byte}");
        let scene = Scene::new();
        let rule = Fault::on("registry", "PutUpload").times(3);
        scene.cloud.fault(rule.cut_request_at(byte));
        scene.push(&[]).ended(0, "pushed");
        scene.assert_complete();
    }
}

#[test]
fn optional_headers_may_be_missing() {
    for (operation, header) in [
        ("PutUpload", "location"),
        ("PutUpload", "docker-content-digest"),
        ("PutManifest", "location"),
        ("PutManifest", "docker-content-digest"),
        ("HeadManifest", "docker-content-digest"),
    ] {
        let scene = Scene::new();
        let rule = Fault::on("registry", operation).always();
        scene.cloud.fault(rule.without_header(header));
        scene.push(&[]).ended(0, "pushed");
        scene.assert_complete();
        scene.push(&[]).ended(0, "unchanged");
    }
    let scene = Scene::new();
    let rule = Fault::on("registry", "StartUpload").always();
    scene.cloud.fault(rule.without_header("location"));
    scene
        .push(&[])
        .ended(9, "unreachable")
        .with_error(&["sent an invalid answer", "it has no Location header"]);
    assert!(scene.cloud.registry().tag("app", "v1").is_none());
}

#[test]
fn an_upload_that_arrived_without_its_answer_is_not_sent_again() {
    let scene = Scene::new();
    scene
        .cloud
        .fault(Fault::on("registry", "PutUpload").times(3).cut_after_work());
    scene.push(&[]).ended(0, "pushed");
    scene.assert_complete();
    assert_eq!(scene.cloud.requests_of("registry", "PutUpload").len(), 3);
}

#[test]
fn a_manifest_that_arrived_without_its_answer_is_not_sent_again() {
    let scene = Scene::new();
    let rule = Fault::on("registry", "PutManifest");
    scene.cloud.fault(rule.cut_after_work());
    scene.push(&[]).ended(0, "pushed");
    scene.assert_complete();
    assert_eq!(scene.cloud.requests_of("registry", "PutManifest").len(), 1);
}

#[test]
fn a_slow_connection_is_not_a_fault() {
    let scene = Scene::new();
    let rule = Fault::on("registry", "PutUpload").times(1);
    scene.cloud.fault(rule.slow_link(2_000_000));
    let run = scene.push(&[]).ended(0, "pushed");
    assert!(!run.stderr.contains("trying again"), "{}", run.stderr);
    scene.assert_complete();
}

#[test]
fn a_registry_that_stores_slowly_does_not_block_other_uploads() {
    let scene = Scene::new();
    let rule = Fault::on("registry", "PutUpload").times(1);
    scene.cloud.fault(rule.delay(Duration::from_secs(2)));
    let run = scene.push(&["--jobs", "1"]).ended(0, "pushed");
    // The largest layer is sent first and reported last: the other one is sent while the registry
    // still stores it.
    let layers = run.stderr.lines().filter(|l| l.starts_with("layer "));
    let units: Vec<&str> = layers
        .filter_map(|line| line.split_whitespace().nth(3))
        .collect();
    assert_eq!(units, ["kB", "MB"], "{}", run.stderr);
    scene.assert_complete();
}

#[test]
fn a_registry_that_always_closes_the_connection_is_reported() {
    let scene = Scene::new();
    scene.cloud.fault(
        Fault::on("registry", "PutUpload")
            .always()
            .cut_request_at(10_000),
    );
    let run = scene.push(&[]).ended(9, "unreachable").with_error(&[
        "closed the connection during the request to store the blob ",
        "blobs that have arrived are not sent again",
    ]);
    assert!(
        run.stderr.matches("trying again").count() >= 4,
        "{}",
        run.stderr
    );
    assert!(scene.cloud.registry().tag("app", "v1").is_none());
}

#[test]
fn an_unreachable_registry_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    Image::small(1).oci_folder(folder.path());
    let source = format!("oci:{}", folder.path().display());
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{port}");
    let args = [
        "--source",
        &source,
        "--registry",
        &url,
        "--repository",
        "app",
    ];
    run(&[], &args)
        .ended(9, "unreachable")
        .with_error(&[&format!("cannot connect to {port}"), "--registry"]);
}

#[test]
fn permanent_errors_are_not_retried() {
    for (operation, status, code, exit, verdict) in [
        ("PutManifest", 400, "MANIFEST_INVALID", 2, "invalid"),
        ("StartUpload", 403, "DENIED", 4, "denied"),
        ("HeadBlob", 401, "UNAUTHORIZED", 4, "denied"),
        ("PutUpload", 413, "SIZE_INVALID", 2, "invalid"),
    ] {
        let scene = Scene::new();
        let error = ApiError::with_status(status, code, "\u{1b}[31m::error::no\n##[x]");
        scene
            .cloud
            .fault(Fault::on("registry", operation).always().error(error));
        let run = scene.push(&[]).ended(exit, verdict);
        assert!(!run.stderr.contains("trying again"), "{}", run.stderr);
        // The registry's message is shown, but cannot contain commands.
        assert!(
            !run.stderr.contains('\u{1b}') && !run.stderr.contains("##["),
            "{}",
            run.stderr
        );
        assert!(
            run.stderr
                .lines()
                .all(|l| !l.trim_start().starts_with("::")),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_basic_registry_accepts_the_password_variable() {
    let scene = Scene::new();
    let cloud = Cloud::start();
    cloud.ecr().repository("app");
    let (user, password) = cloud.registry().login();
    let url = cloud.endpoint_url();
    let source = format!("oci:{}", scene.folder.path().display());
    let args = [
        "--source",
        &source,
        "--registry",
        &url,
        "--repository",
        "app",
        "--tag",
        "v1",
    ];
    run(&[], &args).ended(4, "denied");
    let with_user: Vec<&str> = args
        .iter()
        .copied()
        .chain(["--registry-username", &user])
        .collect();
    let env = [("FARGATE_REGISTRY_PASSWORD".to_owned(), password.clone())];
    let run = run(&env, &with_user).ended(0, "pushed");
    assert!(!run.stderr.contains(&password) && !run.stdout.contains(&password));
}

#[test]
fn two_pushes_of_one_tag_leave_one_complete_image() {
    let other = Image::small(200);
    for immutable in [false, true] {
        let scene = Scene::new();
        let cloud = Cloud::start();
        if immutable {
            cloud.ecr().immutable_repository("app")
        } else {
            cloud.ecr().repository("app")
        };
        let folder = tempfile::tempdir().unwrap();
        let second = other.oci_folder(folder.path());
        // Both read the tag before either of them writes it, also on a machine with a high load.
        cloud.fault(
            Fault::on("registry", "PutUpload")
                .always()
                .delay(Duration::from_secs(2)),
        );
        let endpoint = cloud.endpoint_url();
        let push = |folder: &std::path::Path| {
            let source = format!("oci:{}", folder.display());
            let args = [
                "--source",
                &source,
                "--repository",
                "app",
                "--tag",
                "v1",
                "--endpoint-url",
                &endpoint,
            ];
            run(&cloud.env(), &args)
        };
        let (one, two) = std::thread::scope(|scope| {
            let one = scope.spawn(|| push(scene.folder.path()));
            let two = scope.spawn(|| push(folder.path()));
            (one.join().unwrap(), two.join().unwrap())
        });
        let tag = cloud.registry().tag("app", "v1").unwrap();
        let codes = [one.code, two.code];
        if immutable {
            let loser = if tag == second { &one } else { &two };
            assert!(
                codes.contains(&0) && codes.contains(&7),
                "{one:#?} {two:#?}"
            );
            assert_eq!(loser.code, 7);
        } else {
            assert_eq!(codes, [0, 0], "{one:#?} {two:#?}");
        }
        assert!([scene.manifest.as_str(), second.as_str()].contains(&tag.as_str()));
        let stored = cloud.registry().manifest("app", "v1").unwrap();
        assert_eq!(digest(&stored.bytes), tag);
    }
}
