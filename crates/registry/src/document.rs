//! Manifests and indexes: which of the two a document is, and what it refers to.
//!
//! Never here: writing a document that was read. A push sends the original bytes.

use oci_client::manifest::{
    IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE,
    ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciDescriptor,
    OciImageIndex, OciImageManifest,
};
use serde::Deserialize;
use serde_json::Value;

use crate::digest::{Digest, DigestError};

/// The size limit of manifests in ECR and in the reference registry, in bytes.
pub const MANIFEST_LIMIT: u64 = 4 << 20;

/// The manifest types to request from a registry.
pub const ACCEPTED_MANIFESTS: [&str; 4] = [
    OCI_IMAGE_MEDIA_TYPE,
    OCI_IMAGE_INDEX_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE,
];

/// A reference to a blob or manifest.
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

/// Why a document is not a manifest.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error("it is not the JSON of a manifest")]
    Json(#[from] serde_json::Error),
    #[error("it is neither an image manifest (config, layers) nor an index (manifests)")]
    Neither,
    #[error("it is both an image manifest and an index, and tools would read it differently")]
    Both,
    #[error("its schema version is {0}, but only 2 is supported")]
    Schema(Value),
    #[error("its media type is {declared}, but it has the members of {found}")]
    Contradiction {
        declared: String,
        found: &'static str,
    },
    #[error("ECR does not store the media type {0}")]
    MediaType(String),
    #[error("the size of {what} is {size} bytes")]
    Size { what: &'static str, size: i64 },
    #[error("the digest of {what} is invalid")]
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
    /// Parses a manifest and returns it with its media type. `declared` is the media type in the
    /// reference to it, if there is one.
    ///
    /// # Errors
    /// If it is not a manifest that ECR stores, or if other tools could read it differently.
    pub fn parse(bytes: &[u8], declared: Option<&str>) -> Result<(Self, String), DocumentError> {
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
            .or(declared.filter(|t| ACCEPTED_MANIFESTS.contains(t)))
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
                declared: media_type.to_owned(),
                found: kind,
            });
        }
        Ok((document, media_type.to_owned()))
    }

    /// The digests of everything that it refers to in the registry. Invalid digests are omitted
    /// here,
    /// because reading what they refer to reports them.
    pub fn references(&self) -> Vec<Digest> {
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

/// Reads a descriptor. `what` is part of the error, e.g. "a layer".
pub(crate) fn descriptor(
    named: &OciDescriptor,
    what: &'static str,
) -> Result<Descriptor, DocumentError> {
    checked(&named.media_type, &named.digest, named.size, what)
}

/// Reads an entry of an index.
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

/// Whether the layer's bytes may not be in a registry, but have to be downloaded from a URL.
pub(crate) fn is_foreign(layer: &OciDescriptor) -> bool {
    layer.media_type.contains(".nondistributable.")
        || layer.media_type.contains(".foreign.")
        || layer.urls.as_ref().is_some_and(|urls| !urls.is_empty())
}

/// Whether layers of this type are not compressed.
pub(crate) fn is_uncompressed(media_type: &str) -> bool {
    media_type.ends_with(".tar")
}

/// Creates the manifest of an image whose source has none: in Docker's format, like `docker push`,
/// or
/// in OCI's format if a layer requires it.
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

/// The media type of that manifest.
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
    fn the_media_type_or_the_members_decide() {
        let declared = "application/vnd.docker.distribution.manifest.v2+json";
        let oci = "application/vnd.oci.image.manifest.v1+json";
        for (text, declared_as, media_type) in [
            (image(""), None, oci),
            (image(""), Some(declared), declared),
            (
                image(&format!(r#","mediaType":"{declared}""#)),
                Some(oci),
                declared,
            ),
            (image(r#","mediaType":"""#), None, oci),
        ] {
            let (document, found) = Document::parse(text.as_bytes(), declared_as).expect(&text);
            assert!(matches!(document, Document::Image(_)));
            assert_eq!(found, media_type);
        }
    }

    #[test]
    fn invalid_manifests_have_their_own_errors() {
        let both = image(r#","manifests":[]"#);
        let index = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#;
        for (text, error) in [
            ("", "it is not the JSON of a manifest"),
            ("[1]", "it is not the JSON of a manifest"),
            (r#"{"schemaVersion":2}"#, "it is neither an image manifest"),
            (
                r#"{"schemaVersion":1,"fsLayers":[]}"#,
                "its schema version is 1",
            ),
            (both.as_str(), "it is both an image manifest and an index"),
            (
                index,
                "its media type is application/vnd.oci.image.manifest.v1+json, but it has the members of an index",
            ),
            (
                image(r#","mediaType":"text/html""#).as_str(),
                "ECR does not store the media type text/html",
            ),
        ] {
            let message = Document::parse(text.as_bytes(), None)
                .expect_err(text)
                .to_string();
            assert!(message.starts_with(error), "{text}: {message}");
        }
    }

    #[test]
    fn repeated_members_are_rejected() {
        let twice = image(r#","layers":[]"#);
        let error = Document::parse(twice.as_bytes(), None).expect_err("twice");
        assert!(matches!(error, DocumentError::Json(_)), "{error}");
    }
}
