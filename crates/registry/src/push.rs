//! Executes a plan: blobs in parallel, then manifests, and tags last. So a tag never refers to an
//! incomplete image.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::{OnceCell, Semaphore};

use crate::client::{Client, CredentialsError};
use crate::compress::Compression;
use crate::digest::Digest;
use crate::document::{self, Descriptor};
use crate::error::Error;
use crate::event::Event;
use crate::image::Manifest;
use crate::plan::{PlannedTag, PushPlan};
use crate::referrers;
use crate::report::{BlobOutcome, BlobReport, PushReport};
use crate::source::SourceError;

/// Settings of a push.
pub struct PushOptions {
    /// Uploads at the same time. The same number again may wait for the registry to store their
    /// blob.
    pub parallel: usize,
    pub compression: Compression,
    /// Repositories of the same registry that blobs may be mounted from.
    pub mount_from: Vec<String>,
    /// Called if the connection breaks at the start of an upload.
    pub diagnosis: Option<Box<dyn Diagnosis>>,
}

impl Default for PushOptions {
    fn default() -> Self {
        Self {
            parallel: 5,
            compression: Compression::default(),
            mount_from: Vec::new(),
            diagnosis: None,
        }
    }
}

/// Finds out why a registry broke the connection at the start of an upload. ECR does this if the
/// repository does not exist or may not be written to, and reports the reason only in its own API.
pub trait Diagnosis: Send + Sync {
    /// Returns the reason, if there is one. Then the request is not retried.
    fn upload_was_cut(&self) -> BoxFuture<'_, Option<CredentialsError>>;
}

/// Executes a plan.
///
/// # Errors
/// If the source changed, or if the registry fails or rejects a request for good.
pub async fn push(
    client: &Client,
    plan: &PushPlan,
    options: &PushOptions,
) -> Result<PushReport, Error> {
    let push = Push {
        client,
        options,
        slots: Arc::new(Semaphore::new(options.parallel.max(1))),
        diagnosed: OnceCell::new(),
    };
    let mut blobs = plan.settled();
    for report in &blobs {
        client.events().send(Event::Settled(report.clone()));
    }
    let (uploaded, layers) = push.upload_all(plan).await?;
    blobs.extend(uploaded);
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
    Ok(PushReport {
        is_changed: !plan.is_done()
            && (blobs.iter().any(is_written)
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

fn is_written(blob: &BlobReport) -> bool {
    matches!(blob.outcome, BlobOutcome::Sent | BlobOutcome::Mounted)
}

fn make_manifest(config: &Descriptor, layers: &[Descriptor]) -> Manifest {
    let bytes = document::manifest_of(config, layers);
    Manifest {
        digest: Digest::of(&bytes),
        media_type: document::media_type_of_made(layers).to_owned(),
        references: layers
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
    pub options: &'p PushOptions,
    /// One permit for each blob that is being sent.
    pub slots: Arc<Semaphore>,
    /// Set if the diagnosis found no reason, so that it runs only once.
    pub diagnosed: OnceCell<()>,
}

impl Push<'_> {
    async fn put_children(&self, children: &[Manifest]) -> Result<(), Error> {
        // First the images in parallel, then the indexes that refer to them, in their order.
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

    async fn put_root(
        &self,
        root: &Manifest,
        plan: &PushPlan,
    ) -> Result<Vec<(String, bool)>, Error> {
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
        // Another pusher was faster, or only the answer to our own first attempt was lost.
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
