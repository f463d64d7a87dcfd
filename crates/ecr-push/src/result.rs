//! The data of the result file `ecr-push.json`.

use std::collections::BTreeMap;

use registry::{
    BlobOutcome, BlobReport, Descriptor, PlannedLayer, PushPlan, PushReport, Repository,
};
use serde::Serialize;

/// The member `data` of the result file.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultData {
    /// `REPOSITORY@sha256:…`. `None` in a dry run if layers must be compressed to know the digest.
    pub image: Option<String>,
    pub repository: String,
    pub digest: Option<String>,
    pub media_type: Option<String>,
    pub tags: Vec<TagData>,
    pub layers: Vec<LayerData>,
    /// Bytes of blobs and manifests, including retries.
    pub bytes_sent: u64,
    /// Requests to the registry, including retries and redirects.
    pub requests: u64,
    /// The number of findings by severity, if the step waited for the scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<BTreeMap<String, u64>>,
}

/// A tag.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagData {
    pub name: String,
    /// `written`, `already-there`, or `to-write` in a dry run.
    pub outcome: &'static str,
}

/// A layer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerData {
    /// Digest of the compressed layer. In a dry run, digest of the uncompressed one if the layer
    /// is not compressed yet.
    pub digest: String,
    pub media_type: String,
    pub bytes: u64,
    /// `sent`, `already-there`, `mounted`, `elsewhere` (not in the source, e.g. at a URL that the
    /// manifest names), or in a dry run `to-send` and `to-compress`.
    pub outcome: &'static str,
    pub seconds: f64,
}

impl ResultData {
    /// The data after a push.
    pub fn of(report: &PushReport, repository: &Repository) -> Self {
        Self {
            image: Some(repository.image(&report.root)),
            repository: repository.to_string(),
            digest: Some(report.root.to_string()),
            media_type: Some(report.media_type.clone()),
            tags: report
                .tags
                .iter()
                .map(|(name, written)| TagData {
                    name: name.clone(),
                    outcome: if *written { "written" } else { "already-there" },
                })
                .collect(),
            layers: report
                .blobs
                .iter()
                .filter(|blob| blob.is_layer)
                .map(layer)
                .collect(),
            ..Self::default()
        }
    }

    /// The data of a dry run.
    pub fn planned(plan: &PushPlan, repository: &Repository) -> Self {
        let named = |known: &Descriptor, outcome| LayerData {
            digest: known.digest.to_string(),
            media_type: known.media_type.clone(),
            bytes: known.size,
            outcome,
            seconds: 0.0,
        };
        let there = plan.there.iter().map(|known| named(known, "already-there"));
        let elsewhere = plan.elsewhere.iter().map(|known| named(known, "elsewhere"));
        let send = plan
            .send
            .iter()
            .filter(|blob| blob.is_layer)
            .map(|blob| LayerData {
                digest: blob.descriptor.digest.to_string(),
                media_type: blob.descriptor.media_type.clone(),
                bytes: blob.descriptor.size,
                outcome: "to-send",
                seconds: 0.0,
            });
        let pack = plan.layers.iter().filter_map(|layer| match layer {
            PlannedLayer::Known(_) => None,
            PlannedLayer::Compress(layer) => Some(LayerData {
                digest: layer.diff_id.to_string(),
                media_type: "application/vnd.oci.image.layer.v1.tar".to_owned(),
                bytes: layer.content.len(),
                outcome: "to-compress",
                seconds: 0.0,
            }),
        });
        Self {
            image: plan.root.as_ref().map(|root| repository.image(root)),
            repository: repository.to_string(),
            digest: plan.root.as_ref().map(ToString::to_string),
            media_type: plan.manifest.as_ref().map(|m| m.media_type.clone()),
            tags: plan
                .tags
                .iter()
                .map(|tag| TagData {
                    name: tag.name.clone(),
                    outcome: if tag.is_right {
                        "already-there"
                    } else {
                        "to-write"
                    },
                })
                .collect(),
            layers: there.chain(elsewhere).chain(send).chain(pack).collect(),
            ..Self::default()
        }
    }
}

fn layer(blob: &BlobReport) -> LayerData {
    LayerData {
        digest: blob.descriptor.digest.to_string(),
        media_type: blob.descriptor.media_type.clone(),
        bytes: blob.descriptor.size,
        outcome: match blob.outcome {
            BlobOutcome::Sent => "sent",
            BlobOutcome::AlreadyThere => "already-there",
            BlobOutcome::Mounted => "mounted",
            BlobOutcome::Elsewhere => "elsewhere",
        },
        seconds: (blob.took.as_secs_f64() * 1000.0).round() / 1000.0,
    }
}
