//! Uploads blobs: those that are ready, and layers that have to be compressed first.

use std::cell::OnceCell;
use std::time::Instant;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::client::{UploadSlot, UploadStart};
use crate::compress::{self, CompressedLayer, Compression};
use crate::content::Content;
use crate::digest::Digest;
use crate::document::Descriptor;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::image::{Blob, CompressionFormat, SavedLayer};
use crate::plan::{PlannedLayer, PushPlan, layer_type, stored_format};
use crate::push::Push;
use crate::report::{BlobOutcome, BlobReport};
use crate::source::SourceError;

/// A blob to send, and the position of its layer in an image from `docker save`.
struct Job {
    blob: Blob,
    layer: Option<usize>,
    /// Whether the registry is known not to have it.
    is_known_absent: bool,
}

impl Push<'_> {
    /// Sends all blobs. Compresses the layers that are not compressed yet.
    pub(crate) async fn upload_all(
        &self,
        plan: &PushPlan,
    ) -> Result<(Vec<BlobReport>, Vec<Descriptor>), Error> {
        let ready = stream::iter(plan.send.iter().cloned().map(|blob| {
            Ok(Job {
                blob,
                layer: None,
                is_known_absent: true,
            })
        }));
        let mut uncompressed: Vec<(usize, &SavedLayer)> = Vec::new();
        let mut layers: Vec<Option<Descriptor>> = Vec::new();
        // A layer that occurs twice in an image is compressed once.
        let mut same_as: Vec<usize> = Vec::new();
        for (at, layer) in plan.layers.iter().enumerate() {
            same_as.push(at);
            match layer {
                PlannedLayer::Known(known) => layers.push(Some(known.clone())),
                PlannedLayer::Compress(layer) => {
                    layers.push(None);
                    match uncompressed
                        .iter()
                        .find(|(_, l)| l.diff_id == layer.diff_id)
                    {
                        Some((first, _)) => same_as[at] = *first,
                        None => uncompressed.push((at, layer)),
                    }
                }
            }
        }
        uncompressed.sort_by_key(|(_, layer)| std::cmp::Reverse(layer.content.len()));
        let is_docker = plan.config.as_ref().is_some_and(|config| {
            config.media_type == oci_client::manifest::IMAGE_DOCKER_CONFIG_MEDIA_TYPE
        });
        // All threads compress one layer at a time, so that it is sent while the next one is
        // compressed.
        let compressed = stream::iter(uncompressed).then(async |(at, layer)| {
            let blob = self.compress(layer, is_docker).await?;
            Ok(Job {
                blob,
                layer: Some(at),
                is_known_absent: false,
            })
        });
        let uploaded: Vec<(Option<usize>, BlobReport)> =
            stream::select(ready.boxed_local(), compressed.boxed_local())
                .map(async |job: Result<Job, Error>| {
                    let job = job?;
                    let report = self.upload(&job.blob, job.is_known_absent).await?;
                    self.client.events().send(Event::Settled(report.clone()));
                    Ok::<_, Error>((job.layer, report))
                })
                // A registry takes time to store a blob, and others are sent in the meantime.
                .buffer_unordered(2 * self.options.parallel.max(1))
                .try_collect()
                .await?;
        for (at, report) in &uploaded {
            if let Some(at) = at {
                layers[*at] = Some(report.descriptor.clone());
            }
        }
        let layers = same_as
            .iter()
            .filter_map(|first| layers[*first].clone())
            .collect();
        Ok((uploaded.into_iter().map(|(_, r)| r).collect(), layers))
    }

    async fn compress(&self, layer: &SavedLayer, is_docker: bool) -> Result<Blob, Error> {
        let compression = self.options.compression;
        let events = self.client.events().clone();
        let task_layer = layer.clone();
        // The compressing threads end when this future is dropped.
        let wanted = std::sync::Arc::new(());
        let watched = std::sync::Arc::downgrade(&wanted);
        let compressed = tokio::task::spawn_blocking(move || {
            compress_blocking(&task_layer, compression, &events, || {
                watched.strong_count() > 0
            })
        })
        .await
        .map_err(std::io::Error::other)
        .and_then(|compressed| compressed)
        .map_err(|source| Error::Local {
            what: format!("compress the layer {}", layer.diff_id),
            source,
        })?;
        drop(wanted);
        if compressed.diff_id != layer.diff_id {
            return Err(SourceError::Mismatch {
                source_name: "the image".to_owned(),
                what: format!("the layer {}", layer.diff_id),
                expected: "match the config's diff_ids".to_owned(),
                found: format!("the digest {}", compressed.diff_id),
            }
            .into());
        }
        let media_type = layer_type(stored_format(layer, compression), is_docker);
        Ok(Blob {
            descriptor: Descriptor {
                media_type: media_type.to_owned(),
                digest: compressed.digest,
                size: compressed.content.len(),
            },
            content: compressed.content,
            is_layer: true,
        })
    }

    /// Sends one blob, with retries.
    async fn upload(&self, blob: &Blob, is_known_absent: bool) -> Result<BlobReport, Error> {
        let digest = &blob.descriptor.digest;
        let report = |outcome, began: Instant| BlobReport {
            descriptor: blob.descriptor.clone(),
            is_layer: blob.is_layer,
            outcome,
            took: began.elapsed(),
        };
        let asked = Instant::now();
        if !is_known_absent && self.client.has_blob(digest).await? {
            return Ok(report(BlobOutcome::AlreadyThere, asked));
        }
        let from = self.mountable(digest).await?;
        let began = OnceCell::new();
        let outcome = self
            .client
            .with_retries(async || {
                let slot = UploadSlot::take(&self.slots).await;
                let is_again = began.set(Instant::now()).is_err();
                // Perhaps only the answer was lost, after the last byte arrived.
                if is_again && self.client.has_blob_once(digest).await? {
                    return Ok(BlobOutcome::Sent);
                }
                match self.start(digest, from).await? {
                    UploadStart::Mounted => Ok(BlobOutcome::Mounted),
                    UploadStart::Session(session) => {
                        self.client.events().send(Event::Sending {
                            digest: digest.clone(),
                            bytes: blob.descriptor.size,
                        });
                        self.client.put(blob, session, slot).await?;
                        Ok(BlobOutcome::Sent)
                    }
                }
            })
            .await?;
        Ok(report(outcome, began.into_inner().unwrap_or(asked)))
    }

    async fn start(&self, digest: &Digest, from: Option<&str>) -> Result<UploadStart, Error> {
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

    /// The repository to mount the blob from. The request can name only one, so among several the
    /// first one that has the blob is used.
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
}

fn compress_blocking(
    layer: &SavedLayer,
    compression: Compression,
    events: &Events,
    is_wanted: impl Fn() -> bool,
) -> std::io::Result<CompressedLayer> {
    let digest = &layer.diff_id;
    events.send(Event::Compressing {
        digest: digest.clone(),
        bytes: layer.content.len(),
    });
    let progress = |bytes| {
        events.send(Event::Compressed {
            digest: digest.clone(),
            bytes,
        });
        is_wanted()
    };
    if layer.format == CompressionFormat::Uncompressed {
        return compress::compress(&layer.content, compression, compress::workers(), progress);
    }
    let (digest, diff_id) = compress::check(&layer.content, layer.format, progress)?;
    Ok(CompressedLayer {
        digest,
        diff_id,
        content: Content::clone(&layer.content),
    })
}
