//! Behavior that only ECR has: missing repositories, chunks, immutable tags, mounts, cuts.

use fakes::Fault;
use http::Method;
use serde_json::json;

use crate::registry::{Client, code, digest, header, manifest};
use crate::scene::Scene;

#[test]
fn a_first_post_to_a_missing_repository_is_cut() {
    let scene = Scene::new();
    let client = Client::of(&scene);
    assert!(
        client
            .send(Method::POST, "/v2/none/blobs/uploads/", b"")
            .is_none()
    );
    let answer = client
        .send(Method::GET, "/v2/none/manifests/1", b"")
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), code(&answer).as_str()),
        (404, "NAME_UNKNOWN")
    );
    scene.cloud.ecr().repository("there");
    scene.cloud.registry().deny_uploads("there");
    assert!(
        client
            .send(Method::POST, "/v2/there/blobs/uploads/", b"")
            .is_none()
    );
}

#[test]
fn chunks_after_the_first_are_lost_in_ecr_and_kept_elsewhere() {
    for (plain, status) in [(false, 400), (true, 201)] {
        let scene = Scene::new();
        scene.cloud.ecr().repository("web");
        if plain {
            scene.cloud.registry().plain();
        }
        let client = Client::of(&scene);
        let post = client
            .send(Method::POST, "/v2/web/blobs/uploads/", b"")
            .unwrap();
        let mut place = header(&post, "location").to_owned();
        for chunk in [b"one", b"two"] {
            let patch = client.send(Method::PATCH, &place, chunk).unwrap();
            assert_eq!(patch.status(), if plain { 202 } else { 201 });
            place = header(&patch, "location").to_owned();
        }
        let whole = digest(b"onetwo");
        let put = client
            .send(Method::PUT, &format!("{place}?digest={whole}"), b"")
            .unwrap();
        assert_eq!(put.status(), status);
    }
}

#[test]
fn immutable_tags_are_written_once() {
    let scene = Scene::new();
    scene.cloud.ecr().immutable_repository("web");
    scene.cloud.ecr().create(json!({
        "repositoryName": "mixed",
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
    }));
    let client = Client::of(&scene);
    let put = |repository: &str, tag: &str, image: &[u8]| {
        let path = format!("/v2/{repository}/manifests/{tag}");
        client.send(Method::PUT, &path, image).unwrap()
    };
    for repository in ["web", "mixed"] {
        let config = client.push(repository, b"{}");
        let image = manifest(&config, &[]);
        assert_eq!(put(repository, "v1", &image).status(), 201);
        let again = put(repository, "v1", &image);
        assert_eq!(
            (again.status().as_u16(), code(&again).as_str()),
            (400, "TAG_INVALID")
        );
    }
    let image = manifest(&digest(b"{}"), &[]);
    assert_eq!(put("mixed", "dev-1", &image).status(), 201);
    assert_eq!(put("mixed", "dev-1", &image).status(), 201);
}

#[test]
fn blobs_are_mounted_where_the_account_allows_it() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("base");
    scene.cloud.ecr().repository("web");
    let blob = scene.cloud.registry().put_blob("base", b"layer");
    let client = Client::of(&scene);
    let path = format!("/v2/web/blobs/uploads/?mount={blob}&from=base");
    let refused = client.send(Method::POST, &path, b"").unwrap();
    assert_eq!(refused.status(), 202);
    let place = header(&refused, "location");
    let put = client
        .send(Method::PUT, &format!("{place}?digest={blob}"), b"layer")
        .unwrap();
    assert_eq!(put.status(), 201, "the opened session takes the upload");
    scene.cloud.ecr().repository("other");
    scene.cloud.registry().mounting();
    let path = format!("/v2/other/blobs/uploads/?mount={blob}&from=base");
    assert_eq!(client.send(Method::POST, &path, b"").unwrap().status(), 201);
    assert_eq!(scene.cloud.registry().blobs("other"), [blob]);
    assert_eq!(scene.cloud.requests_of("registry", "MountBlob").len(), 2);
}

#[test]
fn a_cut_upload_leaves_its_session_as_it_was() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("web");
    let client = Client::of(&scene);
    let post = client
        .send(Method::POST, "/v2/web/blobs/uploads/", b"")
        .unwrap();
    let place = format!("{}?digest={}", header(&post, "location"), digest(b"layer"));
    scene
        .cloud
        .fault(Fault::on("registry", "PutUpload").cut_request_at(2));
    assert!(client.send(Method::PUT, &place, b"layer").is_none());
    assert_eq!(
        client.send(Method::PUT, &place, b"layer").unwrap().status(),
        201
    );
    scene
        .cloud
        .fault(Fault::on("registry", "PutUpload").without_header("location"));
    let post = client
        .send(Method::POST, "/v2/web/blobs/uploads/", b"")
        .unwrap();
    let place = format!("{}?digest={}", header(&post, "location"), digest(b"2"));
    let put = client.send(Method::PUT, &place, b"2").unwrap();
    assert!(put.status() == 201 && put.headers().get("location").is_none());
}

#[test]
fn gigabytes_can_be_thrown_away() {
    let scene = Scene::new();
    scene.cloud.registry().plain();
    scene.cloud.registry().discard_blobs();
    let client = Client::of(&scene);
    let digest = client.push("web", &vec![1; 1_000_000]);
    assert_eq!(
        client.status(Method::HEAD, &format!("/v2/web/blobs/{digest}")),
        200
    );
    assert_eq!(
        client.status(Method::GET, &format!("/v2/web/blobs/{digest}")),
        404
    );
    assert!(scene.cloud.registry().blob(&digest).is_none());
    let kept = std::fs::read_dir(scene.cloud.scratch().join("blobs"));
    assert!(kept.map_or(0, Iterator::count) == 0);
}
