//! Manifests, tags and referrers.

use bytes::Bytes;
use serde_json::{Value, json};

use super::digest::digest;
use super::path::RegistryPath;
use super::state::Manifest;
use crate::ecr;
use crate::query::Form;
use crate::wire::{ApiError, Body, Request, Response, header};
use crate::world::World;

/// The largest manifest that ECR accepts, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

pub(crate) fn get(
    world: &World,
    target: &RegistryPath<'_>,
    head: bool,
) -> Result<Response, ApiError> {
    let repository = world.registry.repositories.get(target.name);
    let found = repository.and_then(|repository| {
        let digest = repository.tags.get(target.reference);
        let digest = digest.map_or(target.reference, String::as_str);
        repository.manifests.get_key_value(digest)
    });
    let (digest, manifest) = found.ok_or_else(|| {
        ApiError::with_status(404, "MANIFEST_UNKNOWN", "Requested image not found")
    })?;
    let mut response = Response::new(200, "application/json", manifest.bytes.clone())
        .with("content-type", &manifest.media_type)
        .with("docker-content-digest", digest)
        .with("docker-distribution-api-version", "registry/2.0");
    if head {
        response.body = Body::Absent {
            length: manifest.bytes.len() as u64,
        };
    }
    Ok(response)
}

pub(crate) fn put(
    world: &mut World,
    target: &RegistryPath<'_>,
    request: &Request,
) -> Result<Response, ApiError> {
    let bytes = request.body.clone();
    if bytes.len() > LARGEST {
        return Err(ApiError::with_status(
            413,
            "MANIFEST_INVALID",
            "manifest is larger than 4 MiB",
        ));
    }
    let manifest: Value = serde_json::from_slice(&bytes).map_err(|_| {
        // 405, not 400: ECR was observed to answer so.
        ApiError::with_status(
            405,
            "UNSUPPORTED",
            "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON \
             syntax'",
        )
    })?;
    let digest = digest(&bytes);
    let by_digest = target.reference.starts_with("sha256:");
    if by_digest && target.reference != digest {
        return Err(ApiError::with_status(
            400,
            "DIGEST_INVALID",
            "Provided digest did not match uploaded content",
        ));
    }
    complete(world, target.name, &manifest)?;
    if !by_digest && immutable(world, target) {
        return Err(ApiError::with_status(
            400,
            "TAG_INVALID",
            format!(
                "The image tag '{}' already exists in the '{}' repository and cannot be overwritten \
                 because the repository is immutable.",
                target.reference, target.name
            ),
        ));
    }
    let media_type = header(request, "content-type")
        .or_else(|| manifest["mediaType"].as_str())
        .unwrap_or("application/vnd.oci.image.manifest.v1+json")
        .to_owned();
    let tag = (!by_digest).then_some(target.reference);
    let subject = manifest["subject"]["digest"].as_str();
    store(world, target.name, tag, &media_type, bytes);
    let mut response = Response::empty(201)
        .with(
            "location",
            &format!("/v2/{}/manifests/{digest}", target.name),
        )
        .with("docker-content-digest", &digest)
        .with("docker-distribution-api-version", "registry/2.0");
    if let Some(subject) = subject {
        response = response.with("oci-subject", subject);
    }
    Ok(response)
}

/// An immutable tag cannot be written again, not even with the same digest.
fn immutable(world: &World, target: &RegistryPath<'_>) -> bool {
    let repository = world.registry.repositories.get(target.name);
    let taken = repository.is_some_and(|r| r.tags.contains_key(target.reference));
    taken && ecr::tag_is_immutable(world, target.name, target.reference)
}

/// Everything to which a manifest refers must exist.
fn complete(world: &World, name: &str, manifest: &Value) -> Result<(), ApiError> {
    let repository = world.registry.repositories.get(name);
    let layers = manifest["layers"].as_array().into_iter().flatten();
    // Layers with addresses of their own (foreign ones) are not pushed.
    let own = layers.filter(|layer| layer["urls"].as_array().is_none_or(Vec::is_empty));
    let blobs = own.chain(manifest.get("config"));
    for blob in blobs.filter_map(|blob| blob["digest"].as_str()) {
        if !repository.is_some_and(|repository| repository.blobs.contains(blob)) {
            return Err(ApiError::with_status(
                404,
                "MANIFEST_BLOB_UNKNOWN",
                format!("blob unknown to registry: {blob}"),
            ));
        }
    }
    let children = manifest["manifests"].as_array().into_iter().flatten();
    for child in children.filter_map(|child| child["digest"].as_str()) {
        if !repository.is_some_and(|repository| repository.manifests.contains_key(child)) {
            return Err(ApiError::with_status(
                404,
                "MANIFEST_BLOB_UNKNOWN",
                format!(
                    "Images with digests '[{child}]' required for pushing image into repository with name '{name}' in the registry with id '{}' do not exist",
                    world.account
                ),
            ));
        }
    }
    Ok(())
}

/// Stores a manifest and sets the tag to it.
pub(crate) fn store(
    world: &mut World,
    name: &str,
    tag: Option<&str>,
    media_type: &str,
    bytes: Bytes,
) -> String {
    let digest = digest(&bytes);
    let parsed: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let manifest = Manifest {
        media_type: media_type.into(),
        bytes,
        subject: parsed["subject"]["digest"].as_str().map(Into::into),
        pushed: world.now,
    };
    let repositories = &mut world.registry.repositories;
    let repository = repositories.entry(name.into()).or_default();
    repository
        .manifests
        .entry(digest.clone())
        .or_insert(manifest);
    if let Some(tag) = tag {
        repository.tags.insert(tag.into(), digest.clone());
    }
    digest
}

pub(crate) fn referrers(world: &World, target: &RegistryPath<'_>, request: &Request) -> Response {
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    let kind = query.get("artifactType");
    let repository = world.registry.repositories.get(target.name);
    let manifests = repository.into_iter().flat_map(|r| &r.manifests);
    let descriptors: Vec<Value> = manifests
        .filter(|(_, manifest)| manifest.subject.as_deref() == Some(target.reference))
        .map(|(digest, manifest)| {
            let parsed: Value = serde_json::from_slice(&manifest.bytes).unwrap_or(Value::Null);
            let artifact = match parsed["artifactType"].as_str() {
                Some(kind) => kind,
                None => parsed["config"]["mediaType"].as_str().unwrap_or_default(),
            };
            let mut descriptor = json!({
                "mediaType": manifest.media_type,
                "digest": digest,
                "size": manifest.bytes.len(),
                "artifactType": artifact,
            });
            if parsed["annotations"].is_object() {
                descriptor["annotations"] = parsed["annotations"].clone();
            }
            descriptor
        })
        .filter(|descriptor| kind.is_none_or(|kind| descriptor["artifactType"] == kind))
        .collect();
    Response::json(
        200,
        "application/vnd.oci.image.index.v1+json",
        &json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": descriptors,
        }),
    )
}

pub(crate) fn tags(world: &World, target: &RegistryPath<'_>, request: &Request) -> Response {
    let query = Form::parse(request.uri.query().unwrap_or_default().as_bytes());
    let count = query.get("n").and_then(|n| n.parse::<usize>().ok());
    let last = query.get("last").unwrap_or_default();
    let repository = world.registry.repositories.get(target.name);
    let mut tags: Vec<&str> = repository
        .into_iter()
        .flat_map(|repository| repository.tags.keys())
        .map(String::as_str)
        .filter(|tag| *tag > last)
        .collect();
    let more = count.is_some_and(|count| tags.len() > count);
    tags.truncate(count.unwrap_or(usize::MAX));
    let body = json!({"name": target.name, "tags": tags});
    let response = Response::json(200, "application/json", &body);
    match (more, tags.last()) {
        (true, Some(last)) => response.with(
            "link",
            &format!(
                "</v2/{}/tags/list?n={}&last={last}>; rel=\"next\"",
                target.name,
                tags.len()
            ),
        ),
        _ => response,
    }
}
