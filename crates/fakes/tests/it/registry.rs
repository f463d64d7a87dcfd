//! The registry: pushing and pulling, and ECR's traps.

use base64::Engine as _;
use bytes::Bytes;
use fakes::{Registry, Request};
use http::{Method, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::scene::Scene;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

pub fn digest(bytes: &[u8]) -> String {
    let hex: Vec<String> = Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    format!("sha256:{}", hex.concat())
}

/// A client that has logged in. `None`: the connection was cut.
pub struct Client<'s> {
    scene: &'s Scene,
    login: Option<String>,
}

impl<'s> Client<'s> {
    pub fn of(scene: &'s Scene) -> Self {
        let (user, password) = scene.cloud.registry().login();
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        Self {
            scene,
            login: Some(format!("Basic {pair}")),
        }
    }

    pub fn send(&self, method: Method, path: &str, body: &[u8]) -> Option<Response<Bytes>> {
        self.send_as(method, path, body, MANIFEST)
    }

    fn send_as(
        &self,
        method: Method,
        path: &str,
        body: &[u8],
        kind: &str,
    ) -> Option<Response<Bytes>> {
        let mut request = Request::new(method, path).header("content-type", kind);
        if let Some(login) = &self.login {
            request = request.header("authorization", login);
        }
        let request = request.body(body.to_vec());
        self.scene.cloud.answer(request).into_http().unwrap()
    }

    /// POST and one PUT, which ECR requires. Returns the digest.
    pub fn push(&self, repository: &str, bytes: &[u8]) -> String {
        let post = self
            .send(
                Method::POST,
                &format!("/v2/{repository}/blobs/uploads/"),
                b"",
            )
            .unwrap();
        assert_eq!(post.status(), 202);
        let digest = digest(bytes);
        let place = header(&post, "location");
        let put = self
            .send(Method::PUT, &format!("{place}?digest={digest}"), bytes)
            .unwrap();
        assert_eq!(put.status(), 201, "{put:?}");
        assert_eq!(header(&put, "docker-content-digest"), digest);
        digest
    }

    pub fn status(&self, method: Method, path: &str) -> u16 {
        self.send(method, path, b"").unwrap().status().as_u16()
    }
}

pub fn header<'r>(response: &'r Response<Bytes>, name: &str) -> &'r str {
    response.headers()[name].to_str().unwrap()
}

pub fn code(response: &Response<Bytes>) -> String {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}

pub fn manifest(config: &str, layers: &[&str]) -> Vec<u8> {
    let layers: Vec<Value> = layers
        .iter()
        .map(|digest| json!({"digest": digest, "size": 1}))
        .collect();
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": config, "size": 2}, "layers": layers})
        .to_string()
        .into_bytes()
}

#[test]
fn an_image_goes_in_and_comes_out() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("team/web");
    let client = Client::of(&scene);
    let layer = vec![7; 100_000];
    let (config, layer_digest) = (
        client.push("team/web", b"{}"),
        client.push("team/web", &layer),
    );
    let image = manifest(&config, &[&layer_digest]);
    let put = client
        .send(Method::PUT, "/v2/team/web/manifests/v1", &image)
        .unwrap();
    assert_eq!(put.status(), 201);
    assert_eq!(header(&put, "docker-content-digest"), digest(&image));
    let head = client
        .send(Method::HEAD, "/v2/team/web/manifests/v1", b"")
        .unwrap();
    assert_eq!(header(&head, "docker-content-digest"), digest(&image));
    assert_eq!(header(&head, "content-type"), MANIFEST);
    let by_digest = format!("/v2/team/web/manifests/{}", digest(&image));
    assert_eq!(
        client.send(Method::GET, &by_digest, b"").unwrap().body(),
        &image
    );
    let blob = format!("/v2/team/web/blobs/{layer_digest}");
    assert_eq!(client.send(Method::GET, &blob, b"").unwrap().body(), &layer);
    let range = Request::new(Method::GET, &blob)
        .header("authorization", client.login.as_ref().unwrap())
        .header("range", "bytes=99990-");
    let part = scene.cloud.answer(range).into_http().unwrap().unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(header(&part, "content-range"), "bytes 99990-99999/100000");
    assert_eq!(part.body().len(), 10);
    let tags = client
        .send(Method::GET, "/v2/team/web/tags/list", b"")
        .unwrap();
    let tags: Value = serde_json::from_slice(tags.body()).unwrap();
    assert_eq!(tags, json!({"name": "team/web", "tags": ["v1"]}));
    let uploads = scene.cloud.requests_of("registry", "PutUpload");
    assert_eq!(uploads[1].body_bytes, 100_000);
    assert!(uploads[1].body.is_empty(), "blobs are not recorded");
    assert_eq!(
        client.status(Method::HEAD, "/v2/team/web/blobs/sha256:00"),
        404
    );
    assert_eq!(
        client.status(Method::HEAD, "/v2/team/web/manifests/none"),
        404
    );
}

#[test]
fn clients_without_credentials_are_challenged() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("web");
    let registry: Registry = scene.cloud.registry();
    let mut client = Client::of(&scene);
    assert_eq!(client.status(Method::GET, "/v2/"), 200);
    let twelve_hours = 12.0 * 3600.0;
    scene.pass(twelve_hours + 1.0);
    let answer = client.send(Method::GET, "/v2/", b"").unwrap();
    assert_eq!(answer.status(), 401);
    assert!(header(&answer, "www-authenticate").starts_with("Basic realm=\"http://127.0.0.1"));
    registry.bearer();
    let (user, password) = registry.login();
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    client.login = None;
    let answer = client.send(Method::GET, "/v2/", b"").unwrap();
    assert!(header(&answer, "www-authenticate").starts_with("Bearer realm="));
    client.login = Some(format!("Basic {pair}"));
    let token = client
        .send(Method::GET, "/registry-token?service=x", b"")
        .unwrap();
    let token: Value = serde_json::from_slice(token.body()).unwrap();
    client.login = Some(format!("Bearer {}", token["token"].as_str().unwrap()));
    assert_eq!(client.status(Method::GET, "/v2/"), 200);
    registry.expire_logins();
    assert_eq!(client.status(Method::GET, "/v2/"), 401);
}

#[test]
fn what_does_not_fit_is_refused() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("web");
    let client = Client::of(&scene);
    let post = client
        .send(Method::POST, "/v2/web/blobs/uploads/", b"")
        .unwrap();
    let place = header(&post, "location").to_owned();
    let wrong = digest(b"other");
    let put = client
        .send(Method::PUT, &format!("{place}?digest={wrong}"), b"this")
        .unwrap();
    assert_eq!(
        (put.status().as_u16(), code(&put).as_str()),
        (400, "DIGEST_INVALID")
    );
    let put = client
        .send(Method::PUT, &format!("{place}?digest={wrong}"), b"other")
        .unwrap();
    assert_eq!(code(&put), "BLOB_UPLOAD_UNKNOWN", "the session is gone");
    let lacking = manifest(&wrong, &[]);
    let put = client
        .send(Method::PUT, "/v2/web/manifests/v1", &lacking)
        .unwrap();
    assert_eq!(code(&put), "MANIFEST_BLOB_UNKNOWN");
    let index = json!({"schemaVersion": 2, "manifests": [{"digest": wrong}]}).to_string();
    let put = client
        .send(Method::PUT, "/v2/web/manifests/v1", index.as_bytes())
        .unwrap();
    assert_eq!(code(&put), "MANIFEST_BLOB_UNKNOWN");
    let put = client
        .send(Method::PUT, "/v2/web/manifests/v1", b"no json")
        .unwrap();
    assert_eq!(
        (put.status().as_u16(), code(&put).as_str()),
        (405, "UNSUPPORTED")
    );
    let path = format!("/v2/web/manifests/{wrong}");
    let config = client.push("web", b"{}");
    let put = client
        .send(Method::PUT, &path, &manifest(&config, &[]))
        .unwrap();
    assert_eq!(code(&put), "DIGEST_INVALID");
}

#[test]
fn referrers_are_found_by_their_subject() {
    let scene = Scene::new();
    scene.cloud.ecr().repository("web");
    let client = Client::of(&scene);
    let config = client.push("web", b"{}");
    let image = manifest(&config, &[]);
    client
        .send(Method::PUT, "/v2/web/manifests/v1", &image)
        .unwrap();
    let mut signature: Value = serde_json::from_slice(&image).unwrap();
    signature["artifactType"] = json!("application/signature");
    signature["subject"] = json!({"digest": digest(&image), "size": image.len()});
    let signature = signature.to_string();
    let path = format!("/v2/web/manifests/{}", digest(signature.as_bytes()));
    let put = client
        .send(Method::PUT, &path, signature.as_bytes())
        .unwrap();
    assert_eq!(header(&put, "oci-subject"), digest(&image));
    let path = format!("/v2/web/referrers/{}", digest(&image));
    let index: Value =
        serde_json::from_slice(client.send(Method::GET, &path, b"").unwrap().body()).unwrap();
    assert_eq!(
        index["manifests"][0]["digest"],
        digest(signature.as_bytes())
    );
    assert_eq!(
        index["manifests"][0]["artifactType"],
        "application/signature"
    );
    let other = format!("{path}?artifactType=other");
    let index: Value =
        serde_json::from_slice(client.send(Method::GET, &other, b"").unwrap().body()).unwrap();
    assert_eq!(index["manifests"], json!([]));
}
