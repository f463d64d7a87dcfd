//! S3: buckets and objects, read path-style (`/BUCKET/KEY`) or by a bucket's own host name.

mod state;

use std::sync::Arc;

use bytes::Bytes;
use http::Method;

use crate::query::{decoded, escaped};
use crate::wire::{ApiError, Body, Request, Response, header};
use crate::world::{Inner, World};

use state::Object;
pub(crate) use state::State;

/// What a test sets of S3.
pub struct S3(pub(crate) Arc<Inner>);

impl S3 {
    /// An empty bucket.
    pub fn bucket(&self, name: &str) {
        self.0.world().s3.buckets.entry(name.into()).or_default();
    }

    /// An object, its bucket made if need be. A Terraform state of a workspace lies under
    /// `env:/WORKSPACE/KEY`.
    pub fn put(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>) {
        let world = &mut *self.0.world();
        let object = Object {
            bytes: bytes.into(),
            modified: world.now,
        };
        let bucket = world.s3.buckets.entry(bucket.into()).or_default();
        bucket.objects.insert(key.into(), object);
    }

    /// The caller lacks s3:ListBucket here: a missing key is answered 403, not 404.
    pub fn unlistable(&self, bucket: &str) {
        let world = &mut *self.0.world();
        world
            .s3
            .buckets
            .entry(bucket.into())
            .or_default()
            .unlistable = true;
    }
}

pub(crate) fn operation(request: &Request) -> String {
    match request.method {
        Method::GET => "GetObject",
        Method::HEAD => "HeadObject",
        Method::PUT => "PutObject",
        Method::DELETE => "DeleteObject",
        _ => "Unknown",
    }
    .into()
}

/// Bucket and key, decoded.
fn place(world: &World, request: &Request) -> (String, String) {
    let path = decoded_path(request.uri.path().trim_start_matches('/'));
    let host = header(request, "host").or_else(|| request.uri.host());
    let host = host.unwrap_or_default();
    let own = world
        .s3
        .buckets
        .keys()
        .find(|bucket| host.starts_with(&format!("{bucket}.")));
    match own {
        Some(bucket) => (bucket.clone(), path),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
            (bucket.to_owned(), key.to_owned())
        }
    }
}

/// In a path, unlike in a form, `+` is itself.
fn decoded_path(path: &str) -> String {
    decoded(&path.replace('+', "%2B"))
}

/// The object's ARN.
pub(crate) fn resource(world: &World, request: &Request) -> String {
    let (bucket, key) = place(world, request);
    format!("arn:aws:s3:::{bucket}/{key}")
}

pub(crate) fn denied() -> ApiError {
    ApiError::with_status(403, "AccessDenied", "Access Denied")
}

pub(crate) fn handle(
    world: &mut World,
    operation: &str,
    request: &Request,
    request_id: &str,
) -> Response {
    let (bucket, key) = place(world, request);
    let resource = format!("/{bucket}/{key}");
    let head = operation == "HeadObject";
    let refuse = |error: &ApiError| {
        if head {
            Response::empty(error.status)
        } else {
            self::error(error, &resource, request_id)
        }
    };
    let Some(there) = world.s3.buckets.get_mut(&bucket) else {
        return refuse(&ApiError::with_status(
            404,
            "NoSuchBucket",
            "The specified bucket does not exist",
        ));
    };
    match operation {
        "GetObject" | "HeadObject" => {
            let Some(object) = there.objects.get(&key) else {
                let missing =
                    ApiError::with_status(404, "NoSuchKey", "The specified key does not exist.");
                return if there.unlistable {
                    refuse(&denied())
                } else {
                    refuse(&missing)
                };
            };
            let etag = format!("\"{}\"", etag(&object.bytes));
            let modified = object.modified.strftime("%a, %d %b %Y %H:%M:%S GMT");
            let mut response = Response::new(200, "binary/octet-stream", object.bytes.clone())
                .with("etag", &etag)
                .with("last-modified", &modified.to_string())
                .with("x-amz-request-id", request_id);
            if head {
                response.body = Body::Absent {
                    length: object.bytes.len() as u64,
                };
            }
            response
        }
        "PutObject" => {
            let object = Object {
                bytes: request.body.clone(),
                modified: world.now,
            };
            let etag = format!("\"{}\"", etag(&object.bytes));
            there.objects.insert(key, object);
            Response::empty(200).with("etag", &etag)
        }
        "DeleteObject" => {
            there.objects.remove(&key);
            Response::empty(204)
        }
        _ => refuse(&ApiError::with_status(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        )),
    }
}

fn etag(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = crate::registry::hex_digest(&Sha256::digest(bytes));
    digest["sha256:".len()..][..32].to_owned()
}

pub(crate) fn error(error: &ApiError, resource: &str, request_id: &str) -> Response {
    Response::new(
        error.status,
        "application/xml",
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>\
             <Resource>{}</Resource><RequestId>{request_id}</RequestId></Error>",
            escaped(&error.code),
            escaped(&error.message),
            escaped(resource)
        ),
    )
    .with("x-amz-request-id", request_id)
}
