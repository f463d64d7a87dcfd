//! ECR's own rules: immutable tags, new repositories, scans.

use std::fs;
use std::time::Duration;

use fakes::{ApiError, Fault, Finding, Scan};
use serde_json::json;

use crate::ecr::Scene;
use crate::sample::{Image, MultiArch};

#[test]
fn an_immutable_tag_is_kept_and_nothing_is_sent() {
    let scene = Scene::new();
    scene.cloud.ecr().immutable_repository("team/app");
    scene.push(&["--tag", "v1"]).ended(0, "pushed");
    scene.push(&["--tag", "v1"]).ended(0, "unchanged");
    scene
        .push(&["--tag", "v1", "--tag", "v2"])
        .ended(0, "pushed");

    let other = Image::small(50).oci_folder(&scene.folder.path().join("other"));
    let source = format!("oci:{}/other", scene.folder.path().display());
    scene.cloud.forget_requests();
    let refused = scene.push_source(&source, &scene.cloud.env(), &["--tag", "v1"]);
    refused.ended(2, "invalid").with_error(&[
        "the tag v1 of",
        "is immutable and refers to another image",
        &format!("it refers to {}, but this image is {other}", scene.manifest),
        "nothing was sent",
    ]);
    for operation in ["StartUpload", "PutUpload", "PutManifest"] {
        assert_eq!(scene.count("registry", operation), 0);
    }

    let saved = scene.folder.path().join("saved.tar");
    Image::small(60).legacy_archive(&saved, "app:v1");
    let source = format!("docker-archive:{}", saved.display());
    let refused = scene.push_source(&source, &scene.cloud.env(), &["--tag", "v2"]);
    refused
        .ended(2, "invalid")
        .with_error(&["is immutable", "this image has another config"]);
    assert_eq!(scene.count("registry", "StartUpload"), 0);
}

#[test]
fn an_excluded_tag_may_move() {
    let scene = Scene::new();
    scene.cloud.ecr().create(json!({
        "repositoryName": "team/app",
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{ "filterType": "WILDCARD", "filter": "dev-*" }],
    }));
    let more = ["--tag", "dev-1", "--tag", "v1"];
    scene.push(&more).ended(0, "pushed");
    Image::small(50).oci_folder(&scene.folder.path().join("other"));
    let source = format!("oci:{}/other", scene.folder.path().display());
    let push = |tag: &str| scene.push_source(&source, &scene.cloud.env(), &["--tag", tag]);
    push("dev-1").ended(0, "pushed");
    push("v1")
        .ended(2, "invalid")
        .with_error(&["the tag v1 of"]);
}

#[test]
fn a_tag_lost_to_another_push_is_reported() {
    let scene = Scene::new();
    scene.cloud.ecr().immutable_repository("team/app");
    let taken = ApiError::with_status(
        400,
        "TAG_INVALID",
        "The image tag 'v1' already exists in the 'team/app' repository and cannot be overwritten \
         because the repository is immutable.",
    );
    // The write is rejected, and the next read finds the image of the other pusher.
    scene
        .cloud
        .fault(Fault::on("registry", "PutManifest").error(taken.clone()));
    let theirs = json!({ "schemaVersion": 2, "manifests": [] }).to_string();
    let media_type = crate::sample::OCI_INDEX;
    let registry = scene.cloud.registry();
    let theirs = registry.put_manifest("team/app", Some("meanwhile"), media_type, theirs);
    scene.cloud.fault(
        Fault::on("registry", "HeadManifest").error(ApiError::with_status(
            404,
            "MANIFEST_UNKNOWN",
            "",
        )),
    );
    scene
        .push(&["--tag", "meanwhile"])
        .ended(7, "superseded")
        .with_error(&[
            "another push has set the immutable tag meanwhile to",
            &theirs,
            "use a new tag for this image",
        ]);
    // If only the answer to our own write was lost, there is no conflict.
    scene
        .cloud
        .fault(Fault::on("registry", "PutManifest").cut_after_work());
    scene.push(&["--tag", "v1"]).ended(0, "pushed");
    assert_eq!(
        registry.tag("team/app", "v1").as_deref(),
        Some(&scene.manifest[..])
    );
}

#[test]
fn a_repository_is_created_as_configured_and_an_existing_one_is_not_changed() {
    let scene = Scene::new();
    let policy = scene.folder.path().join("policy.json");
    fs::write(&policy, r#"{"rules":[]}"#).unwrap();
    let policy = policy.display().to_string();
    let more = [
        "--tag",
        "v1",
        "--create-repository",
        "--immutable-tags",
        "--scan-on-push",
        "--kms-key",
        "alias/images",
        "--lifecycle-policy",
        &policy,
        "--resource-tag",
        "team=web",
        "--resource-tag",
        "cost=a=b",
    ];
    let dry: Vec<&str> = more.iter().copied().chain(["--dry-run"]).collect();
    let run = scene.push(&dry).ended(0, "planned");
    assert!(
        run.stderr.contains("team/app would be created"),
        "{}",
        run.stderr
    );
    assert_eq!(scene.count("ecr", "CreateRepository"), 0);
    let run = scene.push(&more).ended(0, "pushed");
    assert!(
        run.stderr.contains("created the repository team/app"),
        "{}",
        run.stderr
    );
    let created = scene.cloud.requests_of("ecr", "CreateRepository")[0].json();
    assert_eq!(
        created,
        json!({
            "repositoryName": "team/app",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": { "scanOnPush": true },
            "encryptionConfiguration": { "encryptionType": "KMS", "kmsKey": "alias/images" },
            "tags": [{ "Key": "team", "Value": "web" }, { "Key": "cost", "Value": "a=b" }],
        })
    );
    let put = scene.cloud.requests_of("ecr", "PutLifecyclePolicy")[0].json();
    assert_eq!(put["lifecyclePolicyText"], r#"{"rules":[]}"#);
    scene.push(&more).ended(0, "unchanged");
    assert_eq!(scene.count("ecr", "PutLifecyclePolicy"), 1);
}

#[test]
fn the_step_waits_for_the_scan_and_checks_it() {
    let scene = Scene::new();
    scene.cloud.ecr().create(json!({
        "repositoryName": "team/app",
        "imageScanningConfiguration": { "scanOnPush": true },
    }));
    let ecr = scene.cloud.ecr();
    let found = Scan::clean()
        .finding(Finding::new("CVE-2026-1111", "HIGH", "openssl", "3.0.1"))
        .finding(Finding::new("CVE-2026-2222", "LOW", "zlib", "1.3"));
    ecr.scan(
        &scene.manifest,
        found.clone().takes(Duration::from_millis(500)),
    );
    let push = |gate: &str| scene.push(&["--tag", "v1", "--fail-on-severity", gate]);
    let run = push("CRITICAL").ended(0, "pushed");
    assert_eq!(
        run.result["data"]["findings"],
        json!({ "HIGH": 1, "LOW": 1 })
    );
    let run = push("CRITICAL,HIGH").ended(5, "failed").with_error(&[
        "the scan of",
        "found 1 HIGH",
        "HIGH          CVE-2026-1111  openssl 3.0.1",
        "the image was pushed, but should not be deployed",
    ]);
    assert!(!run.stderr.contains("CVE-2026-2222"), "{}", run.stderr);
    assert_eq!(run.result["data"]["digest"], json!(scene.manifest));
    assert_eq!(run.result["data"]["findings"]["HIGH"], 1);
    ecr.scan(
        &scene.manifest,
        Scan::clean().fails("UNSUPPORTED_IMAGE", "UnsupportedImageError"),
    );
    push("CRITICAL")
        .ended(5, "failed")
        .with_error(&["ECR does not scan", "UNSUPPORTED_IMAGE"]);
    ecr.scan(&scene.manifest, found.takes(Duration::from_secs(3600)));
    let more = [
        "--tag",
        "v1",
        "--fail-on-severity",
        "HIGH",
        "--scan-timeout",
        "1s",
    ];
    scene
        .push(&more)
        .ended(8, "timed-out")
        .with_error(&["is not complete after 1 s", "--scan-timeout"]);
}

#[test]
fn the_scan_of_each_image_of_an_index_is_checked() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("team/app");
    let image = MultiArch::new();
    let folder = scene.folder.path().join("index");
    image.layout.write_folder(&folder);
    let source = format!("oci:{}", folder.display());
    let ecr = scene.cloud.ecr();
    let found = |name| Scan::clean().finding(Finding::new(name, "HIGH", "openssl", "3.0.1"));
    ecr.scan(&image.amd64, found("CVE-2026-1111"));
    ecr.scan(&image.arm64, found("CVE-2026-3333"));
    // The index and the attestation are not scanned, so the program does not wait for them.
    let push = |gate: &str| {
        let more = ["--tag", "v1", "--fail-on-severity", gate];
        scene.push_source(&source, &scene.cloud.env(), &more)
    };
    let run = push("CRITICAL").ended(0, "pushed");
    assert_eq!(run.result["data"]["findings"], json!({ "HIGH": 2 }));
    push("HIGH")
        .ended(5, "failed")
        .with_error(&["found 2 HIGH", "CVE-2026-1111", "CVE-2026-3333"]);
}

#[test]
fn another_account_is_in_every_call() {
    let scene = Scene::new();
    scene.cloud.ecr().create(json!({
        "repositoryName": "team/app",
        "imageScanningConfiguration": { "scanOnPush": true },
    }));
    scene.cloud.ecr().scan(&scene.manifest, Scan::clean());
    let account = scene.cloud.account();
    let saved = scene.folder.path().join("saved.tar");
    Image::small(60).legacy_archive(&saved, "app:v1");
    let more = [
        "--tag",
        "v1",
        "--create-repository",
        "--registry-id",
        &account,
    ];
    scene
        .push(&[&more[..], &["--fail-on-severity", "HIGH"]].concat())
        .ended(0, "pushed");
    let source = format!("docker-archive:{}", saved.display());
    scene
        .push_source(&source, &scene.cloud.env(), &more)
        .ended(0, "pushed");
    for operation in [
        "CreateRepository",
        "DescribeRepositories",
        "DescribeImages",
        "DescribeImageScanFindings",
    ] {
        let asked = scene.cloud.requests_of("ecr", operation);
        assert!(!asked.is_empty(), "{operation}");
        for request in asked {
            assert_eq!(request.json()["registryId"], json!(account), "{operation}");
        }
    }
    let other = ["--tag", "v1", "--registry-id", "210987654321", "--dry-run"];
    scene.push(&other).ended(3, "not-found");
}
