//! Asks registries what a tag names now: an image that was pushed again under its tag is a change,
//! although no document shows it.

use std::time::Duration;

use aws_sdk_ecr::config::Region;
use aws_sdk_ecr::types::ImageIdentifier;
use pipeline_aws::Session;
use registry::{Anonymous, Client, Events, Patience, Repository};
use serde_json::Value;

use crate::ask::Ask;
use crate::error::Error;
use crate::observe::current_revision;
use crate::plan::images::{Tagged, runs, tagged};

/// A registry that is slower than this is not waited for.
const LIMIT: Duration = Duration::from_secs(15);

/// The images of a task definition that a tag names and that are not known to be what runs.
pub async fn moved(
    definition: &Value,
    service: &Value,
    ask: &Ask,
    session: &Session,
) -> Result<Vec<String>, Error> {
    let tagged = tagged(definition);
    if tagged.is_empty() {
        return Ok(Vec::new());
    }
    let revision = match current_revision(service) {
        Some(arn) => ask.service_revision(arn).await?.unwrap_or_default(),
        None => Value::Null,
    };
    let mut moved = Vec::new();
    for (container, tagged) in tagged {
        let is_same = match runs(&revision, &container) {
            Some(running) => named(&tagged, session).await.iter().any(|d| d == running),
            None => false,
        };
        if !is_same && !moved.contains(&tagged.image) {
            moved.push(tagged.image);
        }
    }
    Ok(moved)
}

/// The digests that a tag stands for: its manifest's and, of an index, its images'. Empty where
/// they cannot be known.
async fn named(tagged: &Tagged, session: &Session) -> Vec<String> {
    let asked = async {
        match tagged.ecr() {
            Some((account, region)) => in_ecr(tagged, account, region, session).await,
            None => elsewhere(tagged).await,
        }
    };
    let answered = tokio::time::timeout(LIMIT, asked).await;
    answered.ok().flatten().unwrap_or_default()
}

async fn in_ecr(
    tagged: &Tagged,
    account: &str,
    region: &str,
    session: &Session,
) -> Option<Vec<String>> {
    let config = aws_sdk_ecr::config::Builder::from(session.config())
        .region(Region::new(region.to_owned()))
        .build();
    let answer = aws_sdk_ecr::Client::from_conf(config)
        .batch_get_image()
        .registry_id(account)
        .repository_name(&tagged.repository)
        .image_ids(ImageIdentifier::builder().image_tag(&tagged.tag).build())
        .send()
        .await
        .ok()?;
    let image = answer.images().first()?;
    let own = image.image_id()?.image_digest()?.to_owned();
    // What is no index has no images in it.
    let index: Value =
        serde_json::from_str(image.image_manifest().unwrap_or_default()).unwrap_or_default();
    let inner = index["manifests"].as_array().into_iter().flatten();
    let inner = inner.filter_map(|i| i["digest"].as_str().map(str::to_owned));
    Some(std::iter::once(own).chain(inner).collect())
}

async fn elsewhere(tagged: &Tagged) -> Option<Vec<String>> {
    let is_loopback = ["127.", "localhost"]
        .iter()
        .any(|l| tagged.registry.starts_with(l));
    let host = match tagged.registry.as_str() {
        "docker.io" => "https://registry-1.docker.io".to_owned(),
        host if is_loopback => format!("http://{host}"),
        host => format!("https://{host}"),
    };
    let repository = Repository::new(&host, &tagged.repository).ok()?;
    let patience = Patience {
        tries: 2,
        ..Patience::default()
    };
    let client = Client::new(repository, Box::new(Anonymous), patience, Events::none()).ok()?;
    client.digests(&tagged.tag).await.ok()
}
