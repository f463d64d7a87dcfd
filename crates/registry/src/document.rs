//! Manifests and indexes as they are read: which of the two a document is, and what it names.
//!
//! The bytes are never written again from here: what is pushed is what was read, byte for byte.

use oci_client::manifest::{
    IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE,
    ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciDescriptor,
    OciImageIndex, OciImageManifest,
};
use serde::Deserialize;
use serde_json::Value;

use crate::digest::{Digest, DigestError};

/// The largest manifest that is read: ECR's own limit, and the reference registry's.
pub const MANIFEST_LIMIT: u64 = 4 << 20;

/// The manifest types a registry is asked for.
pub const ACCEPTED_MANIFESTS: [&str; 4] = [
    OCI_IMAGE_MEDIA_TYPE,
    OCI_IMAGE_INDEX_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE,
];

/// A blob or manifest that a document names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    pub media_type: String,
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
}

/// A manifest or an index.
#[derive(Debug, Clone)]
pub enum Document {
    Image(Box<OciImageManifest>),
    Index(OciImageIndex),
}

/// Why bytes are no manifest.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error("it is not JSON of a manifest")]
    Json(#[from] serde_json::Error),
    #[error("it is neither an image manifest (config, layers) nor an index (manifests)")]
    Neither,
    #[error("it is an image manifest and an index at once, so that no two tools read the same")]
    Both,
    #[error("it is a manifest of schema version {0}; 2 is supported")]
    Schema(Value),
    #[error("it says it is {said}, and has the members of {found}")]
    Contradiction { said: String, found: &'static str },
    #[error("its media type {0} is not one that ECR stores")]
    MediaType(String),
    #[error("it names {what} that has {size} bytes")]
    Size { what: &'static str, size: i64 },
    #[error("it names {what} by an unusable digest")]
    Digest {
        what: &'static str,
        source: DigestError,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe {
    #[serde(default)]
    schema_version: Value,
    media_type: Option<String>,
    config: Option<Value>,
    layers: Option<Value>,
    manifests: Option<Value>,
    fs_layers: Option<Value>,
}

impl Document {
    /// Reads a manifest. `told` is the media type by which it was named, where it was.
    pub fn parse(bytes: &[u8], told: Option<&str>) -> Result<(Self, String), DocumentError> {
        let probe: Probe = serde_json::from_slice(bytes)?;
        if probe.schema_version != 2 || probe.fs_layers.is_some() {
            return Err(DocumentError::Schema(probe.schema_version));
        }
        let is_image = probe.config.is_some() || probe.layers.is_some();
        let (document, default, kind) = match (is_image, probe.manifests.is_some()) {
            (true, true) => return Err(DocumentError::Both),
            (false, false) => return Err(DocumentError::Neither),
            (true, false) => (
                Self::Image(Box::new(serde_json::from_slice(bytes)?)),
                OCI_IMAGE_MEDIA_TYPE,
                "an image manifest",
            ),
            (false, true) => (
                Self::Index(serde_json::from_slice(bytes)?),
                OCI_IMAGE_INDEX_MEDIA_TYPE,
                "an index",
            ),
        };
        let media_type = probe
            .media_type
            .as_deref()
            .filter(|t| !t.is_empty())
            .or(told.filter(|t| ACCEPTED_MANIFESTS.contains(t)))
            .unwrap_or(default);
        let fits = match document {
            Self::Image(_) => [OCI_IMAGE_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE],
            Self::Index(_) => [OCI_IMAGE_INDEX_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE],
        };
        if !ACCEPTED_MANIFESTS.contains(&media_type) {
            return Err(DocumentError::MediaType(media_type.to_owned()));
        }
        if !fits.contains(&media_type) {
            return Err(DocumentError::Contradiction {
                said: media_type.to_owned(),
                found: kind,
            });
        }
        Ok((document, media_type.to_owned()))
    }

    /// The digests of all that it names and a registry holds. Unusable ones are left out here:
    /// whoever reads what they name says so.
    pub fn names(&self) -> Vec<Digest> {
        match self {
            Self::Image(image) => image
                .layers
                .iter()
                .filter(|layer| !is_foreign(layer))
                .chain([&image.config])
                .filter_map(|named| named.digest.parse().ok())
                .collect(),
            Self::Index(index) => index
                .manifests
                .iter()
                .filter_map(|named| named.digest.parse().ok())
                .collect(),
        }
    }
}

/// A descriptor with its digest and size checked. `what` names its part, as "a layer".
pub(crate) fn descriptor(
    named: &OciDescriptor,
    what: &'static str,
) -> Result<Descriptor, DocumentError> {
    checked(&named.media_type, &named.digest, named.size, what)
}

/// The same for an entry of an index.
pub(crate) fn entry(named: &ImageIndexEntry) -> Result<Descriptor, DocumentError> {
    checked(&named.media_type, &named.digest, named.size, "a manifest")
}

fn checked(
    media_type: &str,
    digest: &str,
    size: i64,
    what: &'static str,
) -> Result<Descriptor, DocumentError> {
    Ok(Descriptor {
        media_type: media_type.to_owned(),
        digest: digest
            .parse()
            .map_err(|source| DocumentError::Digest { what, source })?,
        size: u64::try_from(size).map_err(|_| DocumentError::Size { what, size })?,
    })
}

/// Layers that a registry may not hold: their bytes come from elsewhere, by URL.
pub(crate) fn is_foreign(layer: &OciDescriptor) -> bool {
    layer.media_type.contains(".nondistributable.")
        || layer.media_type.contains(".foreign.")
        || layer.urls.as_ref().is_some_and(|urls| !urls.is_empty())
}

/// Whether a layer of this type is an uncompressed tar.
pub(crate) fn is_uncompressed(media_type: &str) -> bool {
    media_type.ends_with(".tar")
}

/// The manifest that this program makes of a config and layers, where the source has none:
/// Docker's own form (as `docker push` writes it), or OCI's where a layer needs it.
pub fn manifest_of(config: &Descriptor, layers: &[Descriptor]) -> Vec<u8> {
    let media_type = media_type_of_made(layers);
    let descriptor = |d: &Descriptor| serde_json::json!({ "mediaType": d.media_type, "size": d.size, "digest": d.digest });
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": descriptor(config),
        "layers": layers.iter().map(descriptor).collect::<Vec<_>>(),
    });
    manifest.to_string().into_bytes()
}

/// Its media type.
pub(crate) fn media_type_of_made(layers: &[Descriptor]) -> &'static str {
    let is_docker = layers
        .iter()
        .all(|l| l.media_type == IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE);
    if is_docker {
        IMAGE_MANIFEST_MEDIA_TYPE
    } else {
        OCI_IMAGE_MEDIA_TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, DocumentError};

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn image(extra: &str) -> String {
        format!(
            r#"{{"schemaVersion":2{extra},"config":{{"mediaType":"c","digest":"{DIGEST}","size":1}},"layers":[]}}"#
        )
    }

    #[test]
    fn a_document_says_what_it_is_or_its_members_do() {
        let told = "application/vnd.docker.distribution.manifest.v2+json";
        let oci = "application/vnd.oci.image.manifest.v1+json";
        for (text, told_as, media_type) in [
            (image(""), None, oci),
            (image(""), Some(told), told),
            (image(&format!(r#","mediaType":"{told}""#)), Some(oci), told),
            (image(r#","mediaType":"""#), None, oci),
        ] {
            let (document, found) = Document::parse(text.as_bytes(), told_as).expect(&text);
            assert!(matches!(document, Document::Image(_)));
            assert_eq!(found, media_type);
        }
    }

    #[test]
    fn what_is_no_manifest_is_told_apart() {
        let both = image(r#","manifests":[]"#);
        let index = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#;
        for (text, error) in [
            ("", "it is not JSON of a manifest"),
            ("[1]", "it is not JSON of a manifest"),
            (r#"{"schemaVersion":2}"#, "it is neither an image manifest"),
            (
                r#"{"schemaVersion":1,"fsLayers":[]}"#,
                "it is a manifest of schema version 1",
            ),
            (
                both.as_str(),
                "it is an image manifest and an index at once",
            ),
            (
                index,
                "it says it is application/vnd.oci.image.manifest.v1+json, and has the members of an index",
            ),
            (
                image(r#","mediaType":"text/html""#).as_str(),
                "its media type text/html",
            ),
        ] {
            let said = Document::parse(text.as_bytes(), None)
                .expect_err(text)
                .to_string();
            assert!(said.starts_with(error), "{text}: {said}");
        }
    }

    #[test]
    fn members_given_twice_are_refused() {
        let twice = image(r#","layers":[]"#);
        let error = Document::parse(twice.as_bytes(), None).expect_err("twice");
        assert!(matches!(error, DocumentError::Json(_)), "{error}");
    }
}
