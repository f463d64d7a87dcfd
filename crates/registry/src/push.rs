//! Carrying a plan out: blobs in parallel, then manifests, tags last, so that a tag never names
//! what is not whole.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::{OnceCell, Semaphore};

use crate::client::{Client, LoginError};
use crate::compress::Compression;
use crate::digest::Digest;
use crate::document::{self, Descriptor};
use crate::error::Error;
use crate::event::Event;
use crate::image::Manifest;
use crate::plan::{Plan, PlannedTag};
use crate::referrers;
use crate::report::{BlobReport, Outcome, Report, already_there};
use crate::source::SourceError;

/// How a push is done.
pub struct Options {
    /// Blobs on their way at once. As many again may be all sent and wait for the registry's word.
    pub parallel: usize,
    pub compression: Compression,
    /// Repositories of the same registry that may have the blobs.
    pub mount_from: Vec<String>,
    /// Asked when the opening of an upload was cut.
    pub diagnosis: Option<Box<dyn Diagnosis>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parallel: 5,
            compression: Compression::default(),
            mount_from: Vec::new(),
            diagnosis: None,
        }
    }
}

/// Finds out why a registry cut the opening of an upload: ECR does that where a repository is
/// missing or not to be written to, and says so only through its own API.
pub trait Diagnosis: Send + Sync {
    /// The reason, where one was found: then nothing is tried again.
    fn upload_was_cut(&self) -> BoxFuture<'_, Option<LoginError>>;
}

/// Carries a plan out.
pub async fn push(client: &Client, plan: &Plan, options: &Options) -> Result<Report, Error> {
    let push = Push {
        client,
        options,
        places: Arc::new(Semaphore::new(options.parallel.max(1))),
        diagnosed: OnceCell::new(),
    };
    let mut blobs: Vec<BlobReport> = plan.there.iter().map(already_there).collect();
    for report in &blobs {
        client.events().tell(Event::Settled(report.clone()));
    }
    let (delivered, layers) = push.deliver_all(plan).await?;
    blobs.extend(delivered);
    let made = match (&plan.manifest, &plan.config) {
        (Some(manifest), _) => manifest.clone(),
        (None, Some(config)) => make_manifest(config, &layers),
        (None, None) => return Err(no_manifest()),
    };
    push.put_children(&plan.children).await?;
    let tags = push.put_root(&made, plan).await?;
    for referrer in &plan.referrers {
        push.put_referrer(referrer).await?;
    }
    Ok(Report {
        is_changed: !plan.is_done()
            && (blobs.iter().any(|b| b.outcome != Outcome::AlreadyThere)
                || !plan.children.is_empty()
                || !plan.referrers.is_empty()
                || tags.iter().any(|(_, written)| *written)
                || (tags.is_empty() && !plan.has_root)),
        images: made.images(),
        root: made.digest,
        media_type: made.media_type,
        tags,
        blobs,
    })
}

fn make_manifest(config: &Descriptor, layers: &[Descriptor]) -> Manifest {
    let bytes = document::manifest_of(config, layers);
    Manifest {
        digest: Digest::of(&bytes),
        media_type: document::media_type_of_made(layers).to_owned(),
        names: layers
            .iter()
            .chain([config])
            .map(|d| d.digest.clone())
            .collect(),
        bytes: bytes.into(),
        subject: None,
        artifact_type: None,
    }
}

fn no_manifest() -> Error {
    SourceError::NotAnImage {
        source_name: "the image".to_owned(),
        reason: "it has no manifest".to_owned(),
        hint: None,
    }
    .into()
}

pub(crate) struct Push<'p> {
    pub client: &'p Client,
    pub options: &'p Options,
    /// One for each blob that is on its way.
    pub places: Arc<Semaphore>,
    /// Filled when the diagnosis found nothing: it is asked once.
    pub diagnosed: OnceCell<()>,
}

impl Push<'_> {
    async fn put_children(&self, children: &[Manifest]) -> Result<(), Error> {
        // Images first, at once; then the indexes that name them, in their order.
        let (indexes, images): (Vec<&Manifest>, Vec<&Manifest>) = children
            .iter()
            .partition(|m| m.media_type.contains("index") || m.media_type.contains("list"));
        stream::iter(images)
            .map(async |m| self.client.put_manifest(m, m.digest.as_str()).await)
            .buffer_unordered(self.options.parallel.clamp(1, 4))
            .try_collect::<Vec<_>>()
            .await?;
        for index in indexes {
            self.client
                .put_manifest(index, index.digest.as_str())
                .await?;
        }
        Ok(())
    }

    async fn put_root(&self, root: &Manifest, plan: &Plan) -> Result<Vec<(String, bool)>, Error> {
        if plan.tags.is_empty() && !plan.has_root {
            self.client.put_manifest(root, root.digest.as_str()).await?;
        }
        let mut tags = Vec::new();
        for tag in &plan.tags {
            let is_right = tag.now.as_ref() == Some(&root.digest);
            if !is_right {
                self.put_tag(root, tag).await?;
            }
            tags.push((tag.name.clone(), !is_right));
        }
        Ok(tags)
    }

    async fn put_tag(&self, root: &Manifest, tag: &PlannedTag) -> Result<(), Error> {
        let error = match self.client.put_manifest(root, &tag.name).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if !error.is_taken_tag() {
            return Err(error);
        }
        // Someone was faster, or our own first try arrived and its answer did not.
        match self.client.manifest_digest(&tag.name).await? {
            Some(theirs) if theirs == root.digest => Ok(()),
            Some(theirs) if tag.now.as_ref() != Some(&theirs) => Err(Error::TagTaken {
                tag: tag.name.clone(),
                theirs,
            }),
            _ => Err(error),
        }
    }

    async fn put_referrer(&self, referrer: &Manifest) -> Result<(), Error> {
        let written = self
            .client
            .put_manifest(referrer, referrer.digest.as_str())
            .await?;
        match &referrer.subject {
            Some(subject) if !written.lists_referrers => {
                referrers::list_by_tag(self.client, subject, referrer).await
            }
            _ => Ok(()),
        }
    }
}
