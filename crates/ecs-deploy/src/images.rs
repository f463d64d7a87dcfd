//! Looks up in registries which digest a tag has now. An image that was pushed again under its tag
//! is a change that no document shows.

use std::time::Duration;

use aws_sdk_ecr::config::Region;
use aws_sdk_ecr::types::ImageIdentifier;
use ecs_model::{EcrHost, ImageRef};
use pipeline_aws::Session;
use pipeline_io::Step;
use registry::{Anonymous, Client, Events, Repository, RequestLog, RetryPolicy};
use serde_json::Value;

use crate::context::CommandContext;
use crate::error::Error;
use crate::observe::current_revision;
use crate::plan::images::{running_digest, tagged_images};

/// Maximum time for one lookup.
const LIMIT: Duration = Duration::from_secs(15);

/// The images of a task definition that are named by a tag and may differ from the running ones.
pub async fn moved_images(
    definition: &Value,
    service: &Value,
    context: &CommandContext<'_>,
) -> Result<Vec<String>, Error> {
    let tagged = tagged_images(definition);
    if tagged.is_empty() {
        return Ok(Vec::new());
    }
    let revision = match current_revision(service) {
        Some(arn) => context.service_revision(arn).await?.unwrap_or_default(),
        None => Value::Null,
    };
    let mut moved = Vec::new();
    for (container, tagged) in tagged {
        let is_same = match running_digest(&revision, &container) {
            Some(running) => match look_up(&tagged, context).await {
                ImageLookup::Found(digests) => digests.iter().any(|d| d == running),
                ImageLookup::Missing | ImageLookup::Unknown(_) => false,
            },
            None => false,
        };
        let name = tagged.to_string();
        if !is_same && !moved.contains(&name) {
            moved.push(name);
        }
    }
    Ok(moved)
}

/// The result of a lookup.
pub enum ImageLookup {
    /// The digest of the manifest and, for an index, the digests of its images.
    Found(Vec<String>),
    Missing,
    /// The lookup failed, with the reason.
    Unknown(String),
}

/// Looks up an image in its registry.
pub async fn look_up(image: &ImageRef, context: &CommandContext<'_>) -> ImageLookup {
    let asked = async {
        match image.ecr() {
            Some(host) => in_ecr(image, host, &context.session).await,
            None => elsewhere(image, context.step).await,
        }
    };
    let late = || ImageLookup::Unknown("the registry does not respond".into());
    tokio::time::timeout(LIMIT, asked)
        .await
        .unwrap_or_else(|_| late())
}

async fn in_ecr(named: &ImageRef, host: EcrHost, session: &Session) -> ImageLookup {
    let config = aws_sdk_ecr::config::Builder::from(session.config())
        .region(Region::new(host.region))
        .build();
    let id = ImageIdentifier::builder();
    let id = if named.is_fixed() {
        id.image_digest(named.reference())
    } else {
        id.image_tag(named.reference())
    };
    let asked = aws_sdk_ecr::Client::from_conf(config)
        .batch_get_image()
        .registry_id(host.account)
        .repository_name(named.repository())
        .image_ids(id.build())
        .send()
        .await;
    let answer = match asked {
        Ok(answer) => answer,
        Err(e) => {
            let error = e.into_service_error();
            if error.is_repository_not_found_exception() {
                return ImageLookup::Missing;
            }
            return ImageLookup::Unknown(error.meta().code().unwrap_or("no response").to_owned());
        }
    };
    let found = answer
        .images()
        .first()
        .and_then(|i| Some((i.image_id()?.image_digest()?, i)));
    let Some((own, image)) = found else {
        return ImageLookup::Missing;
    };
    // A manifest that is not an index has no member `manifests`.
    let index = image.image_manifest().unwrap_or_default();
    let index: Value = serde_json::from_str(index).unwrap_or_default();
    let inner = index["manifests"].as_array().into_iter().flatten();
    let inner = inner.filter_map(|i| i["digest"].as_str().map(str::to_owned));
    ImageLookup::Found(std::iter::once(own.to_owned()).chain(inner).collect())
}

async fn elsewhere(named: &ImageRef, step: &Step) -> ImageLookup {
    let is_loopback = ["127.", "localhost"]
        .iter()
        .any(|l| named.registry().starts_with(l));
    let host = match named.registry() {
        "docker.io" => "https://registry-1.docker.io".to_owned(),
        host if is_loopback => format!("http://{host}"),
        host => format!("https://{host}"),
    };
    let retries = RetryPolicy {
        tries: 2,
        ..RetryPolicy::default()
    };
    let unknown = |e: &dyn std::error::Error| ImageLookup::Unknown(e.to_string());
    let repository = match Repository::new(&host, &named.repository()) {
        Ok(repository) => repository,
        Err(e) => return unknown(&e),
    };
    let client = match Client::new(repository, Box::new(Anonymous), retries, Events::none()) {
        Ok(client) => {
            client.with_request_log(RequestLog::new(step.verbosity(), step.debug_lines()))
        }
        Err(e) => return unknown(&e),
    };
    match client.digests(named.reference()).await {
        Ok(digests) if digests.is_empty() => ImageLookup::Missing,
        Ok(digests) => ImageLookup::Found(digests),
        Err(e) => unknown(&e),
    }
}
