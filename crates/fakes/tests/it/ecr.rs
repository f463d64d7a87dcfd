//! ECR's API: logins, repositories, images, scans.

use std::time::Duration;

use base64::Engine as _;
use fakes::{Finding, Request, Scan};
use http::Method;
use serde_json::{Value, json};

use crate::scene::Scene;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn image(scene: &Scene, repository: &str, tag: &str) -> String {
    let registry = scene.cloud.registry();
    let config = registry.put_blob(repository, b"{}");
    let manifest = json!({
        "schemaVersion": 2,
        "annotations": {"repository": repository},
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
        "layers": [{"digest": "sha256:00", "size": 40, "urls": ["x"]}],
    });
    registry.put_manifest(repository, Some(tag), MANIFEST, manifest.to_string())
}

#[test]
fn a_login_opens_the_registry_on_loopback() {
    let scene = Scene::new();
    let uri = scene.cloud.ecr().repository("web");
    assert_eq!(uri, format!("{}/web", scene.cloud.host()));
    let login = scene.ok("ecr", "GetAuthorizationToken", json!({}));
    let data = &login["authorizationData"][0];
    assert_eq!(data["proxyEndpoint"], scene.cloud.endpoint_url());
    let token = data["authorizationToken"].as_str().unwrap();
    let pair = base64::engine::general_purpose::STANDARD
        .decode(token)
        .unwrap();
    assert!(String::from_utf8(pair).unwrap().starts_with("AWS:"));
    let request =
        Request::new(Method::GET, "/v2/").header("authorization", &format!("Basic {token}"));
    assert_eq!(scene.cloud.answer(request).response.unwrap().status, 200);
    let lasts = data["expiresAt"].as_f64().unwrap() - scene.clock.now().as_second() as f64;
    assert!((lasts - 43_200.0).abs() < 1.0);
    scene.cloud.ecr().real_hosts();
    let login = scene.ok("ecr", "GetAuthorizationToken", json!({}));
    assert_eq!(
        login["authorizationData"][0]["proxyEndpoint"],
        "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    );
}

#[test]
fn repositories_keep_their_settings() {
    let scene = Scene::new();
    scene.ok(
        "ecr",
        "CreateRepository",
        json!({
            "repositoryName": "web",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": true},
            "tags": [{"Key": "team", "Value": "web"}],
        }),
    );
    let body = json!({"repositoryNames": ["web"]});
    let shown = scene.ok("ecr", "DescribeRepositories", body)["repositories"][0].clone();
    assert_eq!(shown["imageTagMutability"], "IMMUTABLE");
    assert_eq!(shown["imageScanningConfiguration"]["scanOnPush"], true);
    assert_eq!(shown["encryptionConfiguration"]["encryptionType"], "AES256");
    let refusal = scene.refused("ecr", "CreateRepository", json!({"repositoryName": "web"}));
    assert_eq!(
        refusal,
        (
            "RepositoryAlreadyExistsException".into(),
            "The repository with name 'web' already exists in the registry with id '123456789012'"
                .into(),
        )
    );
    let refusal = scene.refused(
        "ecr",
        "DescribeRepositories",
        json!({"repositoryNames": ["none"]}),
    );
    assert_eq!(
        refusal,
        (
            "RepositoryNotFoundException".into(),
            "The repository with name 'none' does not exist in the registry with id '123456789012'"
                .into(),
        )
    );
    let foreign = json!({"repositoryNames": ["web"], "registryId": "999999999999"});
    assert_eq!(
        scene.refused("ecr", "DescribeRepositories", foreign).0,
        "RepositoryNotFoundException"
    );
    for bad in ["Web", "a", "a//b", "-a", "a b"] {
        let refusal = scene.refused("ecr", "CreateRepository", json!({"repositoryName": bad}));
        assert_eq!(refusal.0, "InvalidParameterException", "{bad}");
    }
    let bad = json!({"repositoryName": "web", "lifecyclePolicyText": "no"});
    assert_eq!(
        scene.refused("ecr", "PutLifecyclePolicy", bad).0,
        "InvalidParameterException"
    );
    let text = r#"{"rules": []}"#;
    scene.ok(
        "ecr",
        "PutLifecyclePolicy",
        json!({"repositoryName": "web", "lifecyclePolicyText": text}),
    );
    let policy = scene.ok(
        "ecr",
        "GetLifecyclePolicy",
        json!({"repositoryName": "web"}),
    );
    assert_eq!(policy["lifecyclePolicyText"], text);
}

#[test]
fn images_are_found_by_tag_and_digest() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("web");
    let digest = image(&scene, "web", "v1");
    let ask = |id: Value| json!({"repositoryName": "web", "imageIds": [id]});
    let shown = scene.ok("ecr", "DescribeImages", ask(json!({"imageTag": "v1"})));
    assert_eq!(shown["imageDetails"][0]["imageDigest"], digest);
    assert_eq!(shown["imageDetails"][0]["imageTags"], json!(["v1"]));
    assert_eq!(shown["imageDetails"][0]["imageSizeInBytes"], 42);
    scene.ok("ecr", "DescribeImages", ask(json!({"imageDigest": digest})));
    let (code, text) = scene.refused("ecr", "DescribeImages", ask(json!({"imageTag": "v2"})));
    assert_eq!(code, "ImageNotFoundException");
    assert!(
        text.starts_with(
            "The image with imageId {imageDigest:'null', imageTag:'v2'} does not exist"
        )
    );
    let got = scene.ok("ecr", "BatchGetImage", ask(json!({"imageTag": "v1"})));
    let manifest: Value =
        serde_json::from_str(got["images"][0]["imageManifest"].as_str().unwrap()).unwrap();
    assert_eq!(manifest["schemaVersion"], 2);
}

#[test]
fn a_scan_takes_its_time_and_finds() {
    let scene = Scene::new();
    let create =
        json!({"repositoryName": "web", "imageScanningConfiguration": {"scanOnPush": true}});
    scene.cloud.ecr().create(create);
    let scan = Scan::clean()
        .takes(Duration::from_secs(10))
        .finding(Finding::new(
            "CVE-2026-0001",
            "CRITICAL",
            "openssl",
            "3.0.1",
        ))
        .finding(Finding::new("CVE-2026-0002", "HIGH", "zlib", "1.2"))
        .finding(Finding::new("CVE-2026-0003", "HIGH", "zlib", "1.2"));
    scene.cloud.ecr().scan("*", scan);
    let digest = image(&scene, "web", "v1");
    let ask = json!({"repositoryName": "web", "imageId": {"imageDigest": digest}, "maxResults": 2});
    let pending = scene.ok("ecr", "DescribeImageScanFindings", ask.clone());
    assert_eq!(pending["imageScanStatus"]["status"], "IN_PROGRESS");
    assert!(pending.get("imageScanFindings").is_none());
    scene.pass(11.0);
    let found = scene.ok("ecr", "DescribeImageScanFindings", ask.clone());
    assert_eq!(found["imageScanStatus"]["status"], "COMPLETE");
    let findings = &found["imageScanFindings"];
    assert_eq!(
        findings["findingSeverityCounts"],
        json!({"CRITICAL": 1, "HIGH": 2})
    );
    assert_eq!(findings["findings"].as_array().unwrap().len(), 2);
    let mut next = ask.clone();
    next["nextToken"] = found["nextToken"].clone();
    let rest = scene.ok("ecr", "DescribeImageScanFindings", next);
    assert_eq!(
        rest["imageScanFindings"]["findings"][0]["name"],
        "CVE-2026-0003"
    );
    scene.cloud.ecr().scan(
        &digest,
        Scan::clean().fails("UNSUPPORTED_IMAGE", "unsupported"),
    );
    let failed = scene.ok("ecr", "DescribeImageScanFindings", ask);
    assert_eq!(failed["imageScanStatus"]["status"], "UNSUPPORTED_IMAGE");
    scene.cloud.ecr().repository("unscanned");
    let other = image(&scene, "unscanned", "v1");
    let ask = json!({"repositoryName": "unscanned", "imageId": {"imageDigest": other}});
    assert_eq!(
        scene.refused("ecr", "DescribeImageScanFindings", ask).0,
        "ScanNotFoundException"
    );
}
