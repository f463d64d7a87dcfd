//! Amazon ECR's API: logins, repositories and their settings, images and scan findings.

mod images;
mod repositories;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::epoch_seconds;
use crate::registry;
use crate::wire::ApiError;
use crate::world::{Inner, World};

pub use images::{Finding, Scan};

/// What ECR remembers.
#[derive(Default)]
pub(crate) struct State {
    repositories: BTreeMap<String, Repository>,
    /// Scan results to come, by image digest or `*`.
    scans: BTreeMap<String, Scan>,
    real_hosts: bool,
}

#[derive(Clone)]
struct Repository {
    created: Timestamp,
    mutability: String,
    exclusions: Vec<Value>,
    scan_on_push: bool,
    encryption: Value,
    lifecycle: Option<String>,
    tags: Vec<Value>,
}

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

fn host(world: &World) -> String {
    match world.ecr.real_hosts {
        true => format!("{}.dkr.ecr.{}.amazonaws.com", world.account, world.region),
        false => world.endpoint.trim_start_matches("http://").to_owned(),
    }
}

fn parameter(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

fn not_found(world: &World, name: &str) -> ApiError {
    ApiError::new(
        "RepositoryNotFoundException",
        format!(
            "The repository with name '{name}' does not exist in the registry with id '{}'",
            world.account
        ),
    )
}

/// The repository that a body names; one of another account is not found.
fn named<'w>(world: &'w World, body: &Value) -> Result<(String, &'w Repository), ApiError> {
    let name = body["repositoryName"].as_str().unwrap_or_default();
    let other = body["registryId"]
        .as_str()
        .is_some_and(|registry| registry != world.account);
    match world.ecr.repositories.get(name) {
        Some(repository) if !other => Ok((name.to_owned(), repository)),
        _ => Err(not_found(world, name)),
    }
}

fn login(world: &mut World) -> Value {
    let (user, password) = ("AWS", registry::new_password(world));
    let proxy = match world.ecr.real_hosts {
        true => format!("https://{}", host(world)),
        false => world.endpoint.clone(),
    };
    json!({"authorizationData": [{
        "authorizationToken": STANDARD.encode(format!("{user}:{password}")),
        "expiresAt": epoch_seconds(registry::password_expiry(world)),
        "proxyEndpoint": proxy,
    }]})
}

/// One page of a list: `maxResults`, `nextToken`.
fn page(body: &Value, items: Vec<Value>, member: &str) -> Result<Value, ApiError> {
    let size = body["maxResults"].as_u64().unwrap_or(100) as usize;
    if !(1..=1000).contains(&size) {
        return Err(parameter("maxResults must be between 1 and 1000"));
    }
    let start = match body["nextToken"].as_str() {
        None => 0,
        Some(token) => token
            .parse::<usize>()
            .ok()
            .filter(|start| *start < items.len())
            .ok_or_else(|| parameter("Invalid parameter at 'nextToken'"))?,
    };
    let end = (start + size).min(items.len());
    let mut answer = json!({member: items[start..end]});
    if end < items.len() {
        answer["nextToken"] = json!(end.to_string());
    }
    Ok(answer)
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

/// The resource of an operation, as a denial names it.
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
