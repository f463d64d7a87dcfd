//! Asks registries what a tag names now: an image that was pushed again under its tag is a change,
//! although no document shows it.

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
use crate::plan::images::{runs, tagged};

/// A registry that is slower than this is not waited for.
const LIMIT: Duration = Duration::from_secs(15);

/// The images of a task definition that a tag names and that are not known to be what runs.
pub async fn moved(
    definition: &Value,
    service: &Value,
    context: &CommandContext<'_>,
) -> Result<Vec<String>, Error> {
    let tagged = tagged(definition);
    if tagged.is_empty() {
        return Ok(Vec::new());
    }
    let revision = match current_revision(service) {
        Some(arn) => context.service_revision(arn).await?.unwrap_or_default(),
        None => Value::Null,
    };
    let mut moved = Vec::new();
    for (container, tagged) in tagged {
        let is_same = match runs(&revision, &container) {
            Some(running) => match look(&tagged, context).await {
                Look::There(digests) => digests.iter().any(|d| d == running),
                Look::Absent | Look::Unknown(_) => false,
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

/// What a registry says of an image.
pub enum Look {
    /// The digest of the manifest and, of an index, those of its images.
    There(Vec<String>),
    Absent,
    /// It could not be asked; why.
    Unknown(String),
}

/// Looks an image up where it is said to be.
pub async fn look(image: &ImageRef, context: &CommandContext<'_>) -> Look {
    let asked = async {
        match image.ecr() {
            Some(host) => in_ecr(image, host, &context.session).await,
            None => elsewhere(image, context.step).await,
        }
    };
    let late = || Look::Unknown("the registry does not answer".into());
    tokio::time::timeout(LIMIT, asked)
        .await
        .unwrap_or_else(|_| late())
}

async fn in_ecr(named: &ImageRef, host: EcrHost, session: &Session) -> Look {
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
                return Look::Absent;
            }
            return Look::Unknown(error.meta().code().unwrap_or("no answer").to_owned());
        }
    };
    let found = answer
        .images()
        .first()
        .and_then(|i| Some((i.image_id()?.image_digest()?, i)));
    let Some((own, image)) = found else {
        return Look::Absent;
    };
    // What is no index has no images in it.
    let index = image.image_manifest().unwrap_or_default();
    let index: Value = serde_json::from_str(index).unwrap_or_default();
    let inner = index["manifests"].as_array().into_iter().flatten();
    let inner = inner.filter_map(|i| i["digest"].as_str().map(str::to_owned));
    Look::There(std::iter::once(own.to_owned()).chain(inner).collect())
}

async fn elsewhere(named: &ImageRef, step: &Step) -> Look {
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
    let unknown = |e: &dyn std::error::Error| Look::Unknown(e.to_string());
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
        Ok(digests) if digests.is_empty() => Look::Absent,
        Ok(digests) => Look::There(digests),
        Err(e) => unknown(&e),
    }
}
