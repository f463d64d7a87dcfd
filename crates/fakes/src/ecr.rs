//! Amazon ECR's API: logins, repositories and their settings, images and scan findings.

mod images;
mod lookup;
mod repositories;
mod scan;
mod state;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock::epoch_seconds;
use crate::registry;
use crate::wire::ApiError;
use crate::world::{Inner, World};

use lookup::host;
pub use scan::{Finding, Scan};
pub(crate) use state::State;

/// What a test sets of ECR.
pub struct Ecr(pub(crate) Arc<Inner>);

impl Ecr {
    /// A repository with mutable tags; its URI (`127.0.0.1:PORT/NAME`).
    pub fn repository(&self, name: &str) -> String {
        self.create(json!({"repositoryName": name}))
    }

    /// A repository with immutable tags; its URI.
    pub fn immutable_repository(&self, name: &str) -> String {
        self.create(json!({"repositoryName": name, "imageTagMutability": "IMMUTABLE"}))
    }

    /// A repository from CreateRepository's body; its URI.
    ///
    /// # Panics
    /// When CreateRepository refuses.
    pub fn create(&self, body: Value) -> String {
        let world = &mut *self.0.world();
        let created = repositories::create(world, &body).expect("a repository");
        let uri = &created["repository"]["repositoryUri"];
        uri.as_str().unwrap_or_default().to_owned()
    }

    /// How the scan of an image (its digest, or `*` for any) goes.
    pub fn scan(&self, digest: &str, scan: Scan) {
        let world = &mut *self.0.world();
        world.ecr.scans.insert(digest.into(), scan);
    }

    /// Repository URIs and the login's endpoint name `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, as in
    /// AWS, and not the loopback registry.
    pub fn real_hosts(&self) {
        self.0.world().ecr.real_hosts = true;
    }
}

/// Whether a repository exists.
pub(crate) fn has(world: &World, name: &str) -> bool {
    world.ecr.repositories.contains_key(name)
}

/// Whether a tag of this name may not be written twice.
pub(crate) fn tag_is_immutable(world: &World, repository: &str, tag: &str) -> bool {
    let Some(repository) = world.ecr.repositories.get(repository) else {
        return false;
    };
    let excluded = repository
        .exclusions
        .iter()
        .any(|filter| fits(filter["filter"].as_str().unwrap_or_default(), tag));
    match repository.mutability.as_str() {
        "IMMUTABLE" => true,
        "IMMUTABLE_WITH_EXCLUSION" => !excluded,
        "MUTABLE_WITH_EXCLUSION" => excluded,
        _ => false,
    }
}

/// A filter with `*` for any run of characters.
fn fits(filter: &str, tag: &str) -> bool {
    match filter.split_once('*') {
        None => filter == tag,
        Some((head, rest)) => tag.strip_prefix(head).is_some_and(|tail| {
            (0..=tail.len())
                .filter(|at| tail.is_char_boundary(*at))
                .any(|at| fits(rest, &tail[at..]))
        }),
    }
}

fn login(world: &mut World) -> Value {
    let (user, password) = ("AWS", registry::new_password(world));
    let proxy = if world.ecr.real_hosts {
        format!("https://{}", host(world))
    } else {
        world.endpoint.clone()
    };
    json!({"authorizationData": [{
        "authorizationToken": STANDARD.encode(format!("{user}:{password}")),
        "expiresAt": epoch_seconds(registry::password_expiry(world)),
        "proxyEndpoint": proxy,
    }]})
}

pub(crate) fn handle(world: &mut World, operation: &str, body: &Value) -> Result<Value, ApiError> {
    match operation {
        "GetAuthorizationToken" => Ok(login(world)),
        "CreateRepository" => repositories::create(world, body),
        "DescribeRepositories" => repositories::describe(world, body),
        "DeleteRepository" => repositories::delete(world, body),
        "PutLifecyclePolicy" => repositories::put_lifecycle(world, body),
        "GetLifecyclePolicy" => repositories::get_lifecycle(world, body),
        "PutImageScanningConfiguration" => repositories::put_scanning(world, body),
        "PutImageTagMutability" => repositories::put_mutability(world, body),
        "TagResource" => repositories::tag(world, body),
        "ListTagsForResource" => repositories::tags(world, body),
        "DescribeImages" => images::describe(world, body),
        "BatchGetImage" => images::batch_get(world, body),
        "BatchCheckLayerAvailability" => images::layers(world, body),
        "DescribeImageScanFindings" => images::findings(world, body),
        "StartImageScan" => images::start_scan(world, body),
        other => Err(ApiError::new(
            "UnknownOperationException",
            format!("the fake of ECR does not play {other}"),
        )),
    }
}

/// The resource of an operation, as it appears in a denial.
pub(crate) fn resource(world: &World, operation: &str, body: &Value) -> String {
    let name = match operation {
        "GetAuthorizationToken" => return "*".into(),
        "TagResource" | "ListTagsForResource" => {
            return body["resourceArn"].as_str().unwrap_or("*").to_owned();
        }
        "DescribeRepositories" => body["repositoryNames"][0].as_str().unwrap_or("*"),
        _ => body["repositoryName"].as_str().unwrap_or("*"),
    };
    world.arn("ecr", &format!("repository/{name}"))
}
