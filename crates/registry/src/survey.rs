//! What a registry already has of an image: asked with as few requests as tell it.
//!
//! A tag that names the image's digest settles everything below it. Where an image is saved
//! without a manifest, an earlier image tells which of its layers the registry has, by the
//! digests of their uncompressed bytes (the config's `diff_ids`), so that nothing is compressed
//! that is there.

use std::collections::{HashMap, HashSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::client::{Client, Tagged};
use crate::digest::Digest;
use crate::document::{Descriptor, Document};
use crate::earlier::{image_for, learn};
use crate::error::Error;
use crate::image::{Graph, Image, Manifest, Saved};
use crate::platform::Platform;

/// Small requests at once.
const AT_ONCE: usize = 8;

/// What the registry has.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Each tag asked for, and the digest it names now.
    pub tags: Vec<(String, Option<Digest>)>,
    /// Manifests of the image that are there.
    pub manifests: HashSet<Digest>,
    /// Blobs of the image that are there.
    pub blobs: HashSet<Digest>,
    /// A manifest in the registry that is the saved image: the same config, so the same layers.
    pub equal: Option<Manifest>,
    /// Layers in the registry by the digest of their uncompressed bytes.
    pub known: HashMap<Digest, Descriptor>,
}

/// Asks a registry what it has of an image. `references` are further tags or digests whose
/// layers a saved image may share.
pub async fn survey(
    client: &Client,
    image: &Image,
    tags: &[String],
    references: &[String],
) -> Result<Survey, Error> {
    match image {
        Image::Addressed(graph) => survey_graph(client, graph, tags).await,
        Image::Saved(saved) => {
            let layers: Vec<Digest> = saved.layers.iter().map(|l| l.diff_id.clone()).collect();
            let wanted = Wanted {
                ids: std::slice::from_ref(&saved.config_digest),
                diff_ids: &layers,
                platform: &saved.platform,
            };
            let mut survey = survey_saved(client, &wanted, tags, references).await?;
            if survey.equal.is_none() {
                look_for_blobs(client, saved, &mut survey).await?;
            }
            Ok(survey)
        }
    }
}

/// What identifies a saved image before its bytes are read.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The config's digest, and whatever else the image may be known by.
    pub ids: &'w [Digest],
    pub diff_ids: &'w [Digest],
    pub platform: &'w Platform,
}

async fn survey_graph(client: &Client, graph: &Graph, tags: &[String]) -> Result<Survey, Error> {
    let mut survey = Survey {
        tags: stream::iter(tags)
            .map(async |tag| Ok::<_, Error>((tag.clone(), client.manifest_digest(tag).await?)))
            .buffered(AT_ONCE)
            .try_collect()
            .await?,
        ..Survey::default()
    };
    let is_tagged = survey
        .tags
        .iter()
        .any(|(_, d)| d.as_ref() == Some(&graph.root));
    if is_tagged || has_manifest(client, &graph.root).await? {
        survey.manifests.insert(graph.root.clone());
    }
    // A registry that has a manifest has what it names: below it nothing is asked.
    settle(graph, &mut survey);
    let open: Vec<&Manifest> = graph
        .manifests
        .iter()
        .filter(|m| m.digest != graph.root && !survey.manifests.contains(&m.digest))
        .collect();
    let there: Vec<Option<Digest>> = stream::iter(open)
        .map(async |m| {
            Ok::<_, Error>(
                has_manifest(client, &m.digest)
                    .await?
                    .then(|| m.digest.clone()),
            )
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    survey.manifests.extend(there.into_iter().flatten());
    settle(graph, &mut survey);
    let open: Vec<Digest> = graph
        .blobs
        .iter()
        .map(|blob| blob.descriptor.digest.clone())
        .filter(|digest| !survey.blobs.contains(digest))
        .collect();
    survey.blobs.extend(which_are_there(client, open).await?);
    Ok(survey)
}

async fn has_manifest(client: &Client, digest: &Digest) -> Result<bool, Error> {
    Ok(client.manifest_digest(digest.as_str()).await?.is_some())
}

/// Marks all that the manifests there name. Manifests stand before those that name them, so one
/// walk from the end reaches everything.
fn settle(graph: &Graph, survey: &mut Survey) {
    let are_manifests: HashSet<&Digest> = graph.manifests.iter().map(|m| &m.digest).collect();
    for manifest in graph.manifests.iter().rev() {
        if survey.manifests.contains(&manifest.digest) {
            for named in &manifest.names {
                if are_manifests.contains(named) {
                    survey.manifests.insert(named.clone());
                } else {
                    survey.blobs.insert(named.clone());
                }
            }
        }
    }
}

async fn which_are_there(client: &Client, digests: Vec<Digest>) -> Result<Vec<Digest>, Error> {
    let there: Vec<Option<Digest>> = stream::iter(digests)
        .map(async |digest| Ok::<_, Error>(client.has_blob(&digest).await?.then_some(digest)))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(there.into_iter().flatten().collect())
}

/// Looks for a saved image, and for its layers, among what the tags and references name.
pub async fn survey_saved(
    client: &Client,
    wanted: &Wanted<'_>,
    tags: &[String],
    references: &[String],
) -> Result<Survey, Error> {
    let tagged: Vec<(String, Option<Tagged>)> = stream::iter(tags)
        .map(async |tag| Ok::<_, Error>((tag.clone(), client.manifest(tag).await?)))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut survey = Survey {
        tags: tagged
            .iter()
            .map(|(tag, found)| (tag.clone(), found.as_ref().map(|f| f.digest.clone())))
            .collect(),
        ..Survey::default()
    };
    let mut earlier: Vec<Tagged> = tagged.into_iter().filter_map(|(_, found)| found).collect();
    if find_equal(&mut survey, &earlier, wanted) {
        return Ok(survey);
    }
    let others: Vec<Option<Tagged>> = stream::iter(references)
        .map(async |reference| client.manifest(reference).await)
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    earlier.extend(others.into_iter().flatten());
    if find_equal(&mut survey, &earlier, wanted) {
        return Ok(survey);
    }
    let mut asked = HashSet::new();
    for found in earlier {
        let Some(image) = image_for(client, found, wanted.platform).await? else {
            continue;
        };
        if asked.insert(image.config.digest.clone()) {
            learn(client, &image, wanted.diff_ids, &mut survey.known).await?;
        }
    }
    Ok(survey)
}

fn find_equal(survey: &mut Survey, earlier: &[Tagged], wanted: &Wanted<'_>) -> bool {
    survey.equal = earlier.iter().find_map(|found| {
        let (document, media_type) =
            Document::parse(&found.bytes, found.media_type.as_deref()).ok()?;
        let is_it = match &document {
            Document::Image(image) => wanted
                .ids
                .iter()
                .any(|id| id.as_str() == image.config.digest || *id == found.digest),
            Document::Index(_) => wanted.ids.contains(&found.digest),
        };
        is_it.then(|| Manifest {
            digest: found.digest.clone(),
            media_type,
            bytes: found.bytes.clone(),
            names: document.names(),
            subject: None,
            artifact_type: None,
        })
    });
    if let Some(equal) = &survey.equal {
        survey.manifests.insert(equal.digest.clone());
        survey.blobs.extend(equal.names.iter().cloned());
    }
    survey.equal.is_some()
}

/// Makes sure that what earlier images named is still there, and asks for the config.
async fn look_for_blobs(client: &Client, saved: &Saved, survey: &mut Survey) -> Result<(), Error> {
    let mut digests: Vec<Digest> = survey.known.values().map(|d| d.digest.clone()).collect();
    digests.push(saved.config_digest.clone());
    digests.sort();
    digests.dedup();
    survey.blobs.extend(which_are_there(client, digests).await?);
    let Survey { known, blobs, .. } = survey;
    known.retain(|_, descriptor| blobs.contains(&descriptor.digest));
    Ok(())
}
