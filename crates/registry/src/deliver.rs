//! Blobs on their way: those that are ready, and layers that are compressed first.

use std::cell::OnceCell;
use std::time::Instant;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::client::{Place, Start};
use crate::compress::{self, Compression, Packed};
use crate::content::Content;
use crate::digest::Digest;
use crate::document::Descriptor;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::image::{Blob, Packing, SavedLayer};
use crate::plan::{Plan, PlannedLayer, layer_type, packed_type};
use crate::push::Push;
use crate::report::{BlobReport, Outcome};
use crate::source::SourceError;

/// A blob that is ready to go, and which layer of a saved image it is.
struct Job {
    blob: Blob,
    layer: Option<usize>,
    /// Whether the registry was asked for it already.
    is_known_absent: bool,
}

impl Push<'_> {
    /// Sends the blobs that are ready, and compresses and sends the layers that are not.
    pub(crate) async fn deliver_all(
        &self,
        plan: &Plan,
    ) -> Result<(Vec<BlobReport>, Vec<Descriptor>), Error> {
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
                // A registry takes its time to store what has arrived: others go on meanwhile.
                .buffer_unordered(2 * self.options.parallel.max(1))
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
        let digest = &blob.descriptor.digest;
        let report = |outcome, began: Instant| BlobReport {
            descriptor: blob.descriptor.clone(),
            is_layer: blob.is_layer,
            outcome,
            took: began.elapsed(),
        };
        let asked = Instant::now();
        if !is_known_absent && self.client.has_blob(digest).await? {
            return Ok(report(Outcome::AlreadyThere, asked));
        }
        let from = self.mountable(digest).await?;
        let began = OnceCell::new();
        let outcome = self
            .client
            .patiently(async || {
                let place = Place::take(&self.places).await;
                let is_again = began.set(Instant::now()).is_err();
                // The answer may have been lost after the last byte arrived.
                if is_again && self.client.has_blob_once(digest).await? {
                    return Ok(Outcome::Sent);
                }
                match self.start(digest, from).await? {
                    Start::Mounted => Ok(Outcome::Mounted),
                    Start::Session(session) => {
                        self.client.events().tell(Event::Sending {
                            digest: digest.clone(),
                            bytes: blob.descriptor.size,
                        });
                        self.client.put(blob, session, place).await?;
                        Ok(Outcome::Sent)
                    }
                }
            })
            .await?;
        Ok(report(outcome, began.into_inner().unwrap_or(asked)))
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
