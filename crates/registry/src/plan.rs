//! Pure: what the image is and what the registry has, into what is to be done.

use std::collections::HashSet;

use oci_client::manifest::{
    IMAGE_CONFIG_MEDIA_TYPE, IMAGE_DOCKER_CONFIG_MEDIA_TYPE, IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE,
};

use crate::compress::Compression;
use crate::content::Content;
use crate::digest::Digest;
use crate::document::{self, Descriptor, Document};
use crate::image::{Blob, Graph, Image, Manifest, Packing, Saved, SavedLayer};
use crate::report::{Report, already_there};
use crate::survey::Survey;

const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What a push is going to do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What the tags will name; none where compressing decides it.
    pub root: Option<Digest>,
    /// Blobs to send, the biggest first: the longest upload should not begin last.
    pub send: Vec<Blob>,
    /// Blobs that are there.
    pub there: Vec<Descriptor>,
    /// A saved image's layers in their order, where its manifest is made here.
    pub layers: Vec<PlannedLayer>,
    /// Its config, then.
    pub config: Option<Descriptor>,
    /// Manifests to write by digest before the root, each before those that name it.
    pub children: Vec<Manifest>,
    /// The root; none where it is made here.
    pub manifest: Option<Manifest>,
    /// Whether the root is there already, under whatever name.
    pub has_root: bool,
    /// Manifests to write after the root: what refers to it.
    pub referrers: Vec<Manifest>,
    pub tags: Vec<PlannedTag>,
}

/// A layer of a saved image.
#[derive(Debug, Clone)]
pub enum PlannedLayer {
    /// The registry has it: not even compressed.
    Known(Descriptor),
    /// To be compressed (or checked, where it is compressed already) and sent.
    Pack(SavedLayer),
}

/// A tag, and what it names now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTag {
    pub name: String,
    pub now: Option<Digest>,
    /// True where nothing is to be written.
    pub is_right: bool,
}

impl Plan {
    /// Whether everything is as it should be.
    pub fn is_done(&self) -> bool {
        self.root.is_some()
            && self.has_root
            && self.send.is_empty()
            && self.children.is_empty()
            && self.referrers.is_empty()
            && self.tags.iter().all(|tag| tag.is_right)
    }

    /// Tags that name another image now and would be moved.
    pub fn moved_tags(&self) -> impl Iterator<Item = (&str, &Digest)> {
        self.tags
            .iter()
            .filter(|tag| !tag.is_right)
            .filter_map(|tag| {
                let now = tag.now.as_ref()?;
                Some((tag.name.as_str(), now))
            })
    }

    /// Uncompressed bytes that are to be compressed.
    pub fn bytes_to_pack(&self) -> u64 {
        self.layers
            .iter()
            .map(|layer| match layer {
                PlannedLayer::Pack(layer) => layer.content.len(),
                PlannedLayer::Known(_) => 0,
            })
            .sum()
    }
}

/// What to do.
pub fn plan(image: &Image, survey: &Survey, compression: Compression) -> Plan {
    match (image, &survey.equal) {
        (_, Some(equal)) => plan_equal(equal, survey),
        (Image::Addressed(graph), None) => plan_graph(graph, survey),
        (Image::Saved(saved), None) => plan_saved(saved, survey, compression),
    }
}

/// What to do for an image that the survey found in the registry as it is.
pub fn plan_of_equal(survey: &Survey) -> Plan {
    match &survey.equal {
        Some(equal) => plan_equal(equal, survey),
        None => Plan::default(),
    }
}

/// The image is in the registry: at most its tags are written.
fn plan_equal(equal: &Manifest, survey: &Survey) -> Plan {
    let there = match Document::parse(&equal.bytes, Some(&equal.media_type)) {
        Ok((Document::Image(image), _)) => image
            .layers
            .iter()
            .filter_map(|layer| document::descriptor(layer, "a layer").ok())
            .collect(),
        _ => Vec::new(),
    };
    Plan {
        root: Some(equal.digest.clone()),
        there,
        manifest: Some(equal.clone()),
        has_root: true,
        tags: tags(survey, Some(&equal.digest)),
        ..Plan::default()
    }
}

fn plan_graph(graph: &Graph, survey: &Survey) -> Plan {
    let (there, mut send): (Vec<&Blob>, Vec<&Blob>) = graph
        .blobs
        .iter()
        .partition(|blob| survey.blobs.contains(&blob.descriptor.digest));
    send.sort_by_key(|blob| std::cmp::Reverse(blob.descriptor.size));
    let root_at = graph.manifests.iter().position(|m| m.digest == graph.root);
    let (before, after) = graph
        .manifests
        .split_at(root_at.map_or(graph.manifests.len(), |at| at + 1));
    let absent = |manifests: &[Manifest]| -> Vec<Manifest> {
        manifests
            .iter()
            .filter(|m| m.digest != graph.root && !survey.manifests.contains(&m.digest))
            .cloned()
            .collect()
    };
    Plan {
        root: Some(graph.root.clone()),
        send: send.into_iter().cloned().collect(),
        there: there
            .into_iter()
            .filter(|blob| blob.is_layer)
            .map(|blob| blob.descriptor.clone())
            .collect(),
        children: absent(before),
        manifest: root_at.map(|at| graph.manifests[at].clone()),
        has_root: survey.manifests.contains(&graph.root),
        referrers: absent(after),
        tags: tags(survey, Some(&graph.root)),
        ..Plan::default()
    }
}

fn plan_saved(saved: &Saved, survey: &Survey, compression: Compression) -> Plan {
    let layers: Vec<PlannedLayer> = saved
        .layers
        .iter()
        .map(|layer| match survey.known.get(&layer.diff_id) {
            Some(known) => PlannedLayer::Known(known.clone()),
            None => PlannedLayer::Pack(layer.clone()),
        })
        .collect();
    let is_docker = layers.iter().all(|layer| match layer {
        PlannedLayer::Known(known) => known.media_type == IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE,
        PlannedLayer::Pack(layer) => packed_type(layer, compression) == Packing::Gzip,
    });
    let layers = if is_docker {
        layers
    } else {
        layers.into_iter().map(as_oci).collect()
    };
    let config = Descriptor {
        media_type: if is_docker {
            IMAGE_DOCKER_CONFIG_MEDIA_TYPE.to_owned()
        } else {
            IMAGE_CONFIG_MEDIA_TYPE.to_owned()
        },
        digest: saved.config_digest.clone(),
        size: saved.config.len() as u64,
    };
    let has_config = survey.blobs.contains(&config.digest);
    let config_blob = Blob {
        descriptor: config.clone(),
        content: Content::bytes(saved.config.clone()),
        is_layer: false,
    };
    let mut seen = HashSet::new();
    Plan {
        root: None,
        send: (!has_config).then_some(config_blob).into_iter().collect(),
        there: layers
            .iter()
            .filter_map(|layer| match layer {
                PlannedLayer::Known(known) => Some(known.clone()),
                PlannedLayer::Pack(_) => None,
            })
            .filter(|known| seen.insert(known.digest.clone()))
            .collect(),
        config: Some(config),
        layers,
        tags: tags(survey, None),
        ..Plan::default()
    }
}

/// How a layer will be compressed: as it is where it is compressed already.
pub(crate) fn packed_type(layer: &SavedLayer, compression: Compression) -> Packing {
    match layer.packing {
        Packing::Plain => compression.packing(),
        packed => packed,
    }
}

/// The media type of a packed layer: Docker's in an image of nothing but gzip, else OCI's, which
/// alone has zstd.
pub(crate) fn layer_type(packing: Packing, is_docker: bool) -> &'static str {
    match (packing, is_docker) {
        (Packing::Zstd, _) => OCI_LAYER_ZSTD,
        (_, true) => IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE,
        (_, false) => OCI_LAYER_GZIP,
    }
}

/// One manifest does not mix Docker's and OCI's types.
fn as_oci(layer: PlannedLayer) -> PlannedLayer {
    match layer {
        PlannedLayer::Known(mut known) => {
            if known.media_type == IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE {
                OCI_LAYER_GZIP.clone_into(&mut known.media_type);
            }
            PlannedLayer::Known(known)
        }
        pack => pack,
    }
}

fn tags(survey: &Survey, root: Option<&Digest>) -> Vec<PlannedTag> {
    survey
        .tags
        .iter()
        .map(|(name, now)| PlannedTag {
            name: name.clone(),
            now: now.clone(),
            is_right: root.is_some() && now.as_ref() == root,
        })
        .collect()
}

/// What a push that has nothing to do reports.
pub fn report_unchanged(plan: &Plan) -> Option<Report> {
    let manifest = plan.manifest.as_ref().filter(|_| plan.is_done())?;
    Some(Report {
        root: manifest.digest.clone(),
        media_type: manifest.media_type.clone(),
        tags: plan.tags.iter().map(|t| (t.name.clone(), false)).collect(),
        blobs: plan.there.iter().map(already_there).collect(),
        images: manifest.images(),
        is_changed: false,
    })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
