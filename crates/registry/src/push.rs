//! Carrying a plan out: blobs in parallel, then manifests, tags last, so that a tag never names
//! what is not whole.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::OnceCell;

use crate::client::{Client, LoginError, Start};
use crate::compress::{self, Compression, Packed};
use crate::content::Content;
use crate::digest::Digest;
use crate::document::{self, Descriptor};
use crate::error::Error;
use crate::event::{Event, Events};
use crate::image::{Blob, Manifest, Packing, SavedLayer};
use crate::plan::{Plan, PlannedLayer, PlannedTag, layer_type, packed_type};
use crate::referrers;
use crate::source::SourceError;

/// How a push is done.
pub struct Options {
    /// Uploads at once.
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

/// What became of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Sent,
    AlreadyThere,
    Mounted,
}

/// A blob after the push.
#[derive(Debug, Clone)]
pub struct BlobReport {
    pub descriptor: Descriptor,
    pub is_layer: bool,
    pub outcome: Outcome,
    /// From the first request about it to the last; compressing is not in it.
    pub took: Duration,
}

/// An image after the push.
#[derive(Debug, Clone)]
pub struct Report {
    pub root: Digest,
    pub media_type: String,
    /// The tags, and whether each was written (else it was right before).
    pub tags: Vec<(String, bool)>,
    pub blobs: Vec<BlobReport>,
    /// Whether anything at all was written.
    pub is_changed: bool,
}

/// Carries a plan out.
pub async fn push(client: &Client, plan: &Plan, options: &Options) -> Result<Report, Error> {
    let push = Push {
        client,
        options,
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
        root: made.digest,
        media_type: made.media_type,
        tags,
        blobs,
    })
}

/// What a push that has nothing to do reports.
pub fn report_unchanged(plan: &Plan) -> Option<Report> {
    let manifest = plan.manifest.as_ref().filter(|_| plan.is_done())?;
    Some(Report {
        root: manifest.digest.clone(),
        media_type: manifest.media_type.clone(),
        tags: plan.tags.iter().map(|t| (t.name.clone(), false)).collect(),
        blobs: plan.there.iter().map(already_there).collect(),
        is_changed: false,
    })
}

fn already_there(descriptor: &Descriptor) -> BlobReport {
    BlobReport {
        descriptor: descriptor.clone(),
        is_layer: true,
        outcome: Outcome::AlreadyThere,
        took: Duration::ZERO,
    }
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

struct Push<'p> {
    client: &'p Client,
    options: &'p Options,
    diagnosed: OnceCell<()>,
}

/// A blob that is ready to go, and which layer of a saved image it is.
struct Job {
    blob: Blob,
    layer: Option<usize>,
    /// Whether the registry was asked for it already.
    is_known_absent: bool,
}

impl Push<'_> {
    /// Sends the blobs that are ready, and compresses and sends the layers that are not.
    async fn deliver_all(&self, plan: &Plan) -> Result<(Vec<BlobReport>, Vec<Descriptor>), Error> {
        let ready = stream::iter(plan.send.iter().cloned().map(|blob| {
            Ok(Job {
                blob,
                layer: None,
                is_known_absent: true,
            })
        }));
        let mut unpacked: Vec<(usize, &SavedLayer)> = Vec::new();
        let mut layers: Vec<Option<Descriptor>> = Vec::new();
        // The same layer twice in an image is packed once.
        let mut same_as: Vec<usize> = Vec::new();
        for (at, layer) in plan.layers.iter().enumerate() {
            same_as.push(at);
            match layer {
                PlannedLayer::Known(known) => layers.push(Some(known.clone())),
                PlannedLayer::Pack(layer) => {
                    layers.push(None);
                    match unpacked.iter().find(|(_, l)| l.diff_id == layer.diff_id) {
                        Some((first, _)) => same_as[at] = *first,
                        None => unpacked.push((at, layer)),
                    }
                }
            }
        }
        unpacked.sort_by_key(|(_, layer)| std::cmp::Reverse(layer.content.len()));
        let is_docker = plan.config.as_ref().is_some_and(|config| {
            config.media_type == oci_client::manifest::IMAGE_DOCKER_CONFIG_MEDIA_TYPE
        });
        // One layer at a time, by all threads: the first is on its way while the next is made.
        let packed = stream::iter(unpacked).then(async |(at, layer)| {
            let blob = self.pack(layer, is_docker).await?;
            Ok(Job {
                blob,
                layer: Some(at),
                is_known_absent: false,
            })
        });
        let delivered: Vec<(Option<usize>, BlobReport)> =
            stream::select(ready.boxed_local(), packed.boxed_local())
                .map(async |job: Result<Job, Error>| {
                    let job = job?;
                    let report = self.deliver(&job.blob, job.is_known_absent).await?;
                    self.client.events().tell(Event::Settled(report.clone()));
                    Ok::<_, Error>((job.layer, report))
                })
                .buffer_unordered(self.options.parallel.max(1))
                .try_collect()
                .await?;
        for (at, report) in &delivered {
            if let Some(at) = at {
                layers[*at] = Some(report.descriptor.clone());
            }
        }
        let layers = same_as
            .iter()
            .filter_map(|first| layers[*first].clone())
            .collect();
        Ok((delivered.into_iter().map(|(_, r)| r).collect(), layers))
    }

    async fn pack(&self, layer: &SavedLayer, is_docker: bool) -> Result<Blob, Error> {
        let compression = self.options.compression;
        let events = self.client.events().clone();
        let task_layer = layer.clone();
        // Ends the compressing threads when this future is dropped.
        let wanted = std::sync::Arc::new(());
        let watched = std::sync::Arc::downgrade(&wanted);
        let packed = tokio::task::spawn_blocking(move || {
            pack_blocking(&task_layer, compression, &events, || {
                watched.strong_count() > 0
            })
        })
        .await
        .map_err(std::io::Error::other)
        .and_then(|packed| packed)
        .map_err(|source| Error::Local {
            what: format!("compress the layer {}", layer.diff_id),
            source,
        })?;
        drop(wanted);
        if packed.diff_id != layer.diff_id {
            return Err(SourceError::Mismatch {
                source_name: "the image".to_owned(),
                what: format!("the layer {}", layer.diff_id),
                expected: "what the config's diff_ids say".to_owned(),
                found: packed.diff_id.to_string(),
            }
            .into());
        }
        let media_type = layer_type(packed_type(layer, compression), is_docker);
        Ok(Blob {
            descriptor: Descriptor {
                media_type: media_type.to_owned(),
                digest: packed.digest,
                size: packed.content.len(),
            },
            content: packed.content,
            is_layer: true,
        })
    }

    /// Brings one blob into the registry, and tries again while that can help.
    async fn deliver(&self, blob: &Blob, is_known_absent: bool) -> Result<BlobReport, Error> {
        let began = Instant::now();
        let digest = &blob.descriptor.digest;
        let report = |outcome| BlobReport {
            descriptor: blob.descriptor.clone(),
            is_layer: blob.is_layer,
            outcome,
            took: began.elapsed(),
        };
        if !is_known_absent && self.client.has_blob(digest).await? {
            return Ok(report(Outcome::AlreadyThere));
        }
        let from = self.mountable(digest).await?;
        let is_again = Cell::new(false);
        let outcome = self
            .client
            .patiently(async || {
                // The answer may have been lost after the last byte arrived.
                if is_again.replace(true) && self.client.has_blob_once(digest).await? {
                    return Ok(Outcome::Sent);
                }
                match self.start(digest, from).await? {
                    Start::Mounted => Ok(Outcome::Mounted),
                    Start::Session(session) => {
                        self.client.events().tell(Event::Sending {
                            digest: digest.clone(),
                            bytes: blob.descriptor.size,
                        });
                        self.client.put(blob, session).await?;
                        Ok(Outcome::Sent)
                    }
                }
            })
            .await?;
        Ok(report(outcome))
    }

    async fn start(&self, digest: &Digest, from: Option<&str>) -> Result<Start, Error> {
        let started = self.client.start(digest, from).await;
        let Err(error @ Error::Cut { .. }) = started else {
            return started;
        };
        if let Some(diagnosis) = &self.options.diagnosis {
            self.diagnosed
                .get_or_try_init(async || match diagnosis.upload_was_cut().await {
                    None => Ok(()),
                    Some(reason) => Err(Error::Diagnosed(reason)),
                })
                .await?;
        }
        Err(error)
    }

    /// The repository to ask for the blob. One can be named in the request that opens the upload;
    /// among several, the one that has it is looked for first.
    async fn mountable(&self, digest: &Digest) -> Result<Option<&str>, Error> {
        match self.options.mount_from.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            several => {
                for name in several {
                    if self.client.other_has_blob(name, digest).await? {
                        return Ok(Some(name));
                    }
                }
                Ok(None)
            }
        }
    }

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

fn pack_blocking(
    layer: &SavedLayer,
    compression: Compression,
    events: &Events,
    is_wanted: impl Fn() -> bool,
) -> std::io::Result<Packed> {
    let digest = &layer.diff_id;
    events.tell(Event::Compressing {
        digest: digest.clone(),
        bytes: layer.content.len(),
    });
    let progress = |bytes| {
        events.tell(Event::Compressed {
            digest: digest.clone(),
            bytes,
        });
        is_wanted()
    };
    if layer.packing == Packing::Plain {
        return compress::pack(&layer.content, compression, compress::workers(), progress);
    }
    let (digest, diff_id) = compress::check(&layer.content, layer.packing, progress)?;
    Ok(Packed {
        digest,
        diff_id,
        content: Content::clone(&layer.content),
    })
}
