//! Uploads of blobs: a session, bytes that are hashed while they are written to a file, and the digest that
//! must match.

use std::fs::{File, OpenOptions};
use std::io::Write as _;

use sha2::{Digest as _, Sha256};

use super::digest::hex_digest;
use super::path::{RegistryPath, parse_path};
use super::state::{Blob, Upload};
use crate::query::Form;
use crate::wire::{ApiError, Request, Response};
use crate::world::World;

/// Receives the body of an upload request.
pub(crate) struct Sink {
    id: String,
    hasher: Sha256,
    file: Option<File>,
    length: u64,
    received: u64,
    /// Like ECR: this body is received and discarded.
    dropped: bool,
}

impl Sink {
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.received += bytes.len() as u64;
        if self.dropped {
            return;
        }
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        if let Some(file) = &mut self.file {
            file.write_all(bytes)
                .expect("room for blobs in the fakes' scratch folder");
        }
    }

    /// Bytes of this request's body.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }
}

/// The sink for a request whose body belongs to a blob.
pub(crate) fn sink(world: &mut World, request: &Request, operation: &str) -> Option<Sink> {
    let target = parse_path(request.uri.path())?;
    let id = match operation {
        "PatchUpload" | "PutUpload" => target.reference.to_owned(),
        // A POST with a digest carries the whole blob.
        "StartUpload" if query(request).get("digest").is_some() => open(world, target.name),
        _ => return None,
    };
    let plain = world.registry.options.plain;
    let upload = world.registry.uploads.get_mut(&id)?;
    let file = upload.path.as_ref().map(|path| {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.expect("an upload's file in the fakes' scratch folder");
        // What an aborted request wrote is not part of the session.
        file.set_len(upload.length)
            .expect("an upload's file cut to its length");
        file
    });
    let sink = Sink {
        id,
        hasher: upload.hasher.clone(),
        file,
        length: upload.length,
        received: 0,
        dropped: upload.begun && !plain,
    };
    Some(sink)
}

/// The request ended before its body did: the session is unchanged.
pub(crate) fn abandon(world: &mut World, sink: Sink) {
    if let Some(upload) = world.registry.uploads.get(&sink.id)
        && let Some(file) = &sink.file
    {
        // If this fails, the next request of the session truncates it again.
        let _ = file.set_len(upload.length);
    }
}

/// The body is complete: adds it to the session.
fn keep(world: &mut World, sink: Sink) {
    if let Some(upload) = world.registry.uploads.get_mut(&sink.id) {
        upload.begun |= sink.received > 0;
        upload.hasher = sink.hasher;
        upload.length = sink.length;
    }
}

fn query(request: &Request) -> Form {
    // Clients send `+` unescaped in a query; no digest contains one.
    Form::parse(request.uri.query().unwrap_or_default().as_bytes())
}

fn open(world: &mut World, repository: &str) -> String {
    let id = world.ids.uuid();
    let path = (!world.registry.options.discard).then(|| {
        std::fs::create_dir_all(&world.registry.folder).expect("the fakes' scratch folder");
        world.registry.folder.join(format!("upload-{id}"))
    });
    let upload = Upload {
        repository: repository.into(),
        hasher: Sha256::new(),
        length: 0,
        path,
        begun: false,
    };
    world.registry.uploads.insert(id.clone(), upload);
    id
}

fn accepted(world: &World, name: &str, id: &str, status: u16) -> Response {
    let length = world.registry.uploads.get(id).map_or(0, |u| u.length);
    Response::empty(status)
        .with("location", &format!("/v2/{name}/blobs/uploads/{id}"))
        .with("docker-upload-uuid", id)
        .with("range", &format!("0-{}", length.saturating_sub(1)))
        .with("docker-distribution-api-version", "registry/2.0")
}

pub(crate) fn start(
    world: &mut World,
    target: &RegistryPath<'_>,
    request: &Request,
    sink: Option<Sink>,
) -> Result<Response, ApiError> {
    if let Some(sink) = sink {
        let id = sink.id.clone();
        keep(world, sink);
        return complete(world, target.name, &id, request);
    }
    let id = open(world, target.name);
    Ok(accepted(world, target.name, &id, 202))
}

pub(crate) fn mount(
    world: &mut World,
    target: &RegistryPath<'_>,
    request: &Request,
) -> Result<Response, ApiError> {
    let query = query(request);
    let digest = query.get("mount").unwrap_or_default();
    let from = query.get("from").unwrap_or_default();
    let there = world
        .registry
        .repositories
        .get(from)
        .is_some_and(|repository| repository.blobs.contains(digest));
    if !(world.registry.options.mounting && there) {
        let id = open(world, target.name);
        return Ok(accepted(world, target.name, &id, 202));
    }
    let repositories = &mut world.registry.repositories;
    let repository = repositories.entry(target.name.into()).or_default();
    repository.blobs.insert(digest.into());
    Ok(created(target.name, digest))
}

fn created(name: &str, digest: &str) -> Response {
    Response::empty(201)
        .with("location", &format!("/v2/{name}/blobs/{digest}"))
        .with("docker-content-digest", digest)
        .with("docker-distribution-api-version", "registry/2.0")
}

fn unknown() -> ApiError {
    ApiError::with_status(
        404,
        "BLOB_UPLOAD_UNKNOWN",
        "blob upload unknown to registry",
    )
}

fn session<'w>(world: &'w World, target: &RegistryPath<'_>) -> Result<&'w Upload, ApiError> {
    world
        .registry
        .uploads
        .get(target.reference)
        .filter(|upload| upload.repository == target.name)
        .ok_or_else(unknown)
}

pub(crate) fn patch(
    world: &mut World,
    target: &RegistryPath<'_>,
    sink: Option<Sink>,
) -> Result<Response, ApiError> {
    session(world, target)?;
    keep(world, sink.ok_or_else(unknown)?);
    // ECR answers 201 here, the specification 202.
    let status = if world.registry.options.plain {
        202
    } else {
        201
    };
    Ok(accepted(world, target.name, target.reference, status))
}

pub(crate) fn put(
    world: &mut World,
    target: &RegistryPath<'_>,
    request: &Request,
    sink: Option<Sink>,
) -> Result<Response, ApiError> {
    session(world, target)?;
    keep(world, sink.ok_or_else(unknown)?);
    complete(world, target.name, target.reference, request)
}

fn complete(
    world: &mut World,
    name: &str,
    id: &str,
    request: &Request,
) -> Result<Response, ApiError> {
    let upload = world.registry.uploads.remove(id).ok_or_else(unknown)?;
    let query = query(request);
    let claimed = query.get("digest").unwrap_or_default();
    let digest = hex_digest(&upload.hasher.finalize());
    if claimed != digest {
        if let Some(path) = &upload.path {
            // If it stays, it only takes disk space.
            let _ = std::fs::remove_file(path);
        }
        return Err(ApiError::with_status(
            400,
            "DIGEST_INVALID",
            format!("Provided digest '{claimed}' does not match the uploaded content '{digest}'"),
        ));
    }
    let path = upload.path.map(|path| {
        let home = world.registry.folder.join(digest.replace(':', "-"));
        if upload.length == 0 {
            File::create(&path).expect("an empty blob in the fakes' scratch folder");
        }
        std::fs::rename(&path, &home).expect("a blob in the fakes' scratch folder");
        home
    });
    let blob = Blob {
        length: upload.length,
        path,
    };
    world.registry.blobs.insert(digest.clone(), blob);
    let repositories = &mut world.registry.repositories;
    let repository = repositories.entry(name.into()).or_default();
    repository.blobs.insert(digest.clone());
    Ok(created(name, &digest))
}

pub(crate) fn status(world: &World, target: &RegistryPath<'_>) -> Result<Response, ApiError> {
    session(world, target)?;
    Ok(accepted(world, target.name, target.reference, 204))
}

pub(crate) fn delete(world: &mut World, target: &RegistryPath<'_>) -> Result<Response, ApiError> {
    session(world, target)?;
    world.registry.uploads.remove(target.reference);
    Ok(Response::empty(204))
}
