//! The OCI registry behind ECR, with ECR's behaviors: repositories must exist, a first POST to a
//! missing one is disconnected, chunks after the first are dropped, tags may be immutable, blobs are mounted
//! only if the account allows it. [`Registry::plain`] makes it an ordinary registry.

mod auth;
mod blobs;
mod digest;
mod manifests;
mod path;
mod refusal;
mod state;
mod uploads;

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use serde_json::json;

pub(crate) use auth::{expiry as password_expiry, password as new_password};
pub(crate) use digest::hex_digest;
use path::parse_path;
pub(crate) use refusal::error;
pub use state::Manifest;
pub(crate) use state::State;
pub(crate) use uploads::{Sink, abandon, sink};

use crate::ecr;
use crate::permission::Permission;
use crate::wire::{ApiError, Request, Response};
use crate::world::{Inner, World};

/// What a test sets in the registry and reads from it.
pub struct Registry(pub(crate) Arc<Inner>);

impl Registry {
    /// An ordinary registry, e.g. Debian's docker-registry: no authentication, repositories created by
    /// pushing, chunks kept, blobs mounted.
    pub fn plain(&self) {
        let options = &mut self.0.world().registry.options;
        options.plain = true;
        options.mounting = true;
    }

    /// Makes the challenge `Bearer` with a token endpoint instead of ECR's `Basic`.
    pub fn bearer(&self) {
        self.0.world().registry.options.bearer = true;
    }

    /// Allows mounts across repositories (ECR's account setting BLOB_MOUNTING); else the response is
    /// 202 with a session.
    pub fn mounting(&self) {
        self.0.world().registry.options.mounting = true;
    }

    /// Hashes blobs and discards them: for pushes of many gigabytes.
    pub fn discard_blobs(&self) {
        self.0.world().registry.options.discard = true;
    }

    /// A user name and a password that the registry accepts, like those of GetAuthorizationToken.
    pub fn login(&self) -> (String, String) {
        let world = &mut *self.0.world();
        (auth::USER.into(), auth::password(world))
    }

    /// Revokes all passwords and bearer tokens issued so far: the next request is challenged.
    pub fn expire_logins(&self) {
        let world = &mut *self.0.world();
        world.registry.passwords.clear();
        world.registry.bearers.clear();
    }

    /// Cuts uploads to this repository at the first POST, as if the caller lacked
    /// ecr:InitiateLayerUpload.
    pub fn deny_uploads(&self, repository: &str) {
        let world = &mut *self.0.world();
        let repositories = &mut world.registry.repositories;
        repositories
            .entry(repository.into())
            .or_default()
            .uploads_denied = true;
    }

    /// Stores a blob as if it was pushed. Returns its digest.
    pub fn put_blob(&self, repository: &str, bytes: &[u8]) -> String {
        let world = &mut *self.0.world();
        blobs::put(world, repository, bytes)
    }

    /// Stores a manifest with a tag as if it was pushed. Returns its digest.
    pub fn put_manifest(
        &self,
        repository: &str,
        tag: Option<&str>,
        media_type: &str,
        bytes: impl Into<Bytes>,
    ) -> String {
        let world = &mut *self.0.world();
        manifests::store(world, repository, tag, media_type, bytes.into())
    }

    /// A manifest, by tag or digest.
    pub fn manifest(&self, repository: &str, reference: &str) -> Option<Manifest> {
        let world = self.0.world();
        let repository = world.registry.repositories.get(repository)?;
        let digest = repository.tags.get(reference).map_or(reference, |d| d);
        repository.manifests.get(digest).cloned()
    }

    /// The digest under a tag.
    pub fn tag(&self, repository: &str, tag: &str) -> Option<String> {
        let world = self.0.world();
        let repository = world.registry.repositories.get(repository)?;
        repository.tags.get(tag).cloned()
    }

    /// The blobs of a repository.
    pub fn blobs(&self, repository: &str) -> Vec<String> {
        let world = self.0.world();
        let repository = world.registry.repositories.get(repository);
        repository.map_or_else(Vec::new, |r| r.blobs.iter().cloned().collect())
    }

    /// A blob's bytes; `None` if it does not exist or was discarded.
    pub fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        let path = self.0.world().registry.blobs.get(digest)?.path.clone()?;
        std::fs::read(path).ok()
    }
}

/// The operation of a request.
pub(crate) fn operation(request: &Request) -> String {
    let path = request.uri.path();
    if path == "/registry-token" {
        return "Token".into();
    }
    let Some(target) = parse_path(path) else {
        return "Check".into();
    };
    let mount = request.uri.query().is_some_and(|q| q.contains("mount="));
    match (target.kind, &request.method) {
        ("/blobs/uploads/", &Method::POST) if mount => "MountBlob",
        ("/blobs/uploads/", &Method::POST) => "StartUpload",
        ("/blobs/uploads/", &Method::PATCH) => "PatchUpload",
        ("/blobs/uploads/", &Method::PUT) => "PutUpload",
        ("/blobs/uploads/", &Method::GET) => "GetUpload",
        ("/blobs/uploads/", &Method::DELETE) => "DeleteUpload",
        ("/blobs/", &Method::HEAD) => "HeadBlob",
        ("/blobs/", &Method::GET) => "GetBlob",
        ("/manifests/", &Method::HEAD) => "HeadManifest",
        ("/manifests/", &Method::GET) => "GetManifest",
        ("/manifests/", &Method::PUT) => "PutManifest",
        ("/referrers/", &Method::GET) => "Referrers",
        ("/tags/", &Method::GET) => "ListTags",
        _ => "Unsupported",
    }
    .into()
}

/// Answers one request. `None`: the connection is cut.
pub(crate) fn handle(
    world: &mut World,
    operation: &str,
    request: &Request,
    sink: Option<Sink>,
) -> Option<Response> {
    if operation == "Token" {
        return Some(auth::token(world, request));
    }
    if let Some(challenge) = auth::challenge(world, request) {
        if let Some(sink) = sink {
            abandon(world, sink);
        }
        return Some(challenge);
    }
    let Some(target) = parse_path(request.uri.path()) else {
        return Some(Response::json(200, "application/json", &json!({})));
    };
    let exists = exists(world, target.name);
    let starts = matches!(operation, "StartUpload" | "MountBlob");
    let denied = world
        .registry
        .repositories
        .get(target.name)
        .is_some_and(|repository| repository.uploads_denied);
    if starts && (!exists || denied) {
        if let Some(sink) = sink {
            abandon(world, sink);
        }
        return None;
    }
    if !exists {
        return Some(error(&name_unknown(world, target.name)));
    }
    let answer = match operation {
        "HeadManifest" => manifests::get(world, &target, true),
        "GetManifest" => manifests::get(world, &target, false),
        "PutManifest" => manifests::put(world, &target, request),
        "Referrers" => Ok(manifests::referrers(world, &target, request)),
        "ListTags" => Ok(manifests::tags(world, &target, request)),
        "HeadBlob" => blobs::get(world, &target, request, true),
        "GetBlob" => blobs::get(world, &target, request, false),
        "StartUpload" => uploads::start(world, &target, request, sink),
        "MountBlob" => uploads::mount(world, &target, request),
        "PatchUpload" => uploads::patch(world, &target, sink),
        "PutUpload" => uploads::put(world, &target, request, sink),
        "GetUpload" => uploads::status(world, &target),
        "DeleteUpload" => uploads::delete(world, &target),
        _ => Err(ApiError::with_status(
            405,
            "UNSUPPORTED",
            "The operation is unsupported.",
        )),
    };
    Some(answer.unwrap_or_else(|refusal| error(&refusal)))
}

/// A plain registry has every repository; ECR those that were created.
fn exists(world: &World, name: &str) -> bool {
    world.registry.options.plain || ecr::has(world, name)
}

fn name_unknown(world: &World, name: &str) -> ApiError {
    ApiError::with_status(
        404,
        "NAME_UNKNOWN",
        format!(
            "The repository with name '{name}' does not exist in the registry with id '{}'",
            world.account
        ),
    )
}

/// The ECR permissions that a request needs.
pub(crate) fn permission(world: &World, operation: &str, request: &Request) -> Vec<Permission> {
    let action = match operation {
        "PutManifest" => "ecr:PutImage",
        "StartUpload" | "MountBlob" => "ecr:InitiateLayerUpload",
        "PatchUpload" => "ecr:UploadLayerPart",
        "PutUpload" => "ecr:CompleteLayerUpload",
        "HeadBlob" => "ecr:BatchCheckLayerAvailability",
        "GetBlob" => "ecr:GetDownloadUrlForLayer",
        "HeadManifest" | "GetManifest" | "Referrers" => "ecr:BatchGetImage",
        "ListTags" => "ecr:ListImages",
        // Logging in, and requests that none of our clients sends.
        _ => return Vec::new(),
    };
    let name = parse_path(request.uri.path()).map_or("*", |target| target.name);
    vec![Permission {
        action: action.into(),
        resource: world.arn("ecr", &format!("repository/{name}")),
    }]
}
