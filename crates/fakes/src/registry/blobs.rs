//! Reads of blobs: existence, whole or in ranges.

use crate::wire::{ApiError, Body, Request, Response, header};
use crate::world::World;

use super::digest::digest;
use super::path::RegistryPath;
use super::state::Blob;

fn unknown() -> ApiError {
    ApiError::with_status(404, "BLOB_UNKNOWN", "blob unknown to registry")
}

pub(crate) fn get(
    world: &World,
    target: &RegistryPath<'_>,
    request: &Request,
    head: bool,
) -> Result<Response, ApiError> {
    let linked = world
        .registry
        .repositories
        .get(target.name)
        .is_some_and(|repository| repository.blobs.contains(target.reference));
    let blob = world.registry.blobs.get(target.reference);
    let blob = blob.filter(|_| linked).ok_or_else(unknown)?;
    let range = header(request, "range").and_then(|range| bytes_of(range, blob.length));
    let (status, offset, length) = match range {
        Some((offset, length)) => (206, offset, length),
        None => (200, 0, blob.length),
    };
    let mut response = Response::new(status, "application/octet-stream", "")
        .with("docker-content-digest", target.reference)
        .with("accept-ranges", "bytes")
        .with("docker-distribution-api-version", "registry/2.0");
    if status == 206 {
        let last = offset + length - 1;
        let range = format!("bytes {offset}-{last}/{}", blob.length);
        response = response.with("content-range", &range);
    }
    response.body = match &blob.path {
        _ if head => Body::Absent { length },
        Some(path) => Body::File {
            path: path.clone(),
            offset,
            length,
        },
        // It was pushed, but its bytes were discarded.
        None => return Err(unknown()),
    };
    Ok(response)
}

/// Offset and length of `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-COUNT` in a blob of this size.
fn bytes_of(range: &str, length: u64) -> Option<(u64, u64)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), Some(last)) => (first, last.min(length.saturating_sub(1))),
        (Some(first), None) => (first, length.saturating_sub(1)),
        (None, Some(count)) => (length.saturating_sub(count), length.saturating_sub(1)),
        (None, None) => return None,
    };
    (first <= last && first < length).then_some((first, last - first + 1))
}

/// Stores a blob at once.
pub(crate) fn put(world: &mut World, repository: &str, bytes: &[u8]) -> String {
    let digest = digest(bytes);
    let path = world.registry.folder.join(digest.replace(':', "-"));
    std::fs::create_dir_all(&world.registry.folder).expect("the fakes' scratch folder");
    std::fs::write(&path, bytes).expect("a blob in the fakes' scratch folder");
    let blob = Blob {
        length: bytes.len() as u64,
        path: Some(path),
    };
    world.registry.blobs.insert(digest.clone(), blob);
    let repositories = &mut world.registry.repositories;
    let repository = repositories.entry(repository.into()).or_default();
    repository.blobs.insert(digest.clone());
    digest
}
