//! Manifests and indexes: which of the two a document is, and what it refers to.
//!
//! Never here: writing a document that was read. A push sends the original bytes.

mod members;

use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
};
use serde_json::Value;

pub(crate) use members::null_as_empty;
pub use members::{DescriptorMembers, ImageIndex, ImageManifest};

use crate::digest::{Digest, DigestError};
use crate::media_type;
use members::AnyDocument;

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
    Image(Box<ImageManifest>),
    Index(ImageIndex),
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
    #[error("its schemaVersion is {0}, but only 2 is supported")]
    Schema(Value),
    #[error("it has no schemaVersion, which registries require")]
    NoSchema,
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

impl Document {
    /// Parses a manifest and returns it with its media type. `declared` is the media type in the
    /// reference to it, if there is one.
    ///
    /// # Errors
    /// If it is not a manifest that ECR stores, or if other tools could read it differently.
    pub fn parse(bytes: &[u8], declared: Option<&str>) -> Result<(Self, String), DocumentError> {
        let members: AnyDocument = serde_json::from_slice(bytes)?;
        if members.schema_version.is_none() && members.fs_layers.is_none() {
            return Err(DocumentError::NoSchema);
        }
        Self::with_media_type(members, declared)
    }

    /// Parses the `index.json` of a layout. It is never pushed, so it may lack what only
    /// registries require.
    ///
    /// # Errors
    /// Like [`Self::parse`].
    pub fn parse_layout_index(bytes: &[u8]) -> Result<Self, DocumentError> {
        let members: AnyDocument = serde_json::from_slice(bytes)?;
        Ok(Self::with_media_type(members, None)?.0)
    }

    fn with_media_type(
        members: AnyDocument,
        declared: Option<&str>,
    ) -> Result<(Self, String), DocumentError> {
        let version = members.schema_version.unwrap_or_else(|| 2.into());
        if version != 2 || members.fs_layers.is_some() {
            return Err(DocumentError::Schema(version));
        }
        let is_image = members.config.is_some() || members.layers.is_some();
        let (document, default, kind) = match (is_image, members.manifests) {
            (true, Some(_)) => return Err(DocumentError::Both),
            (false, None) => return Err(DocumentError::Neither),
            (true, None) => (
                Self::Image(Box::new(ImageManifest {
                    config: members.config.ok_or(DocumentError::Neither)?,
                    layers: members.layers.unwrap_or_default(),
                    subject: members.subject,
                    artifact_type: members.artifact_type,
                })),
                OCI_IMAGE_MEDIA_TYPE,
                "an image manifest",
            ),
            (false, Some(manifests)) => (
                Self::Index(ImageIndex {
                    manifests,
                    subject: members.subject,
                    artifact_type: members.artifact_type,
                }),
                OCI_IMAGE_INDEX_MEDIA_TYPE,
                "an index",
            ),
        };
        let media_type = members
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

    /// The digests of everything that it refers to and that every registry with this document
    /// has. Invalid digests are omitted here, because reading what they refer to reports them.
    pub fn references(&self) -> Vec<Digest> {
        let named: Vec<&DescriptorMembers> = match self {
            Self::Image(image) => image
                .layers
                .iter()
                .filter(|layer| !may_be_elsewhere(layer))
                .chain([&image.config])
                .collect(),
            Self::Index(index) => index.manifests.iter().collect(),
        };
        named
            .into_iter()
            .filter_map(|named| named.digest.parse().ok())
            .collect()
    }

    /// The manifest that this one describes, if it is e.g. a signature or an SBOM.
    pub fn subject(&self) -> Option<Digest> {
        let subject = match self {
            Self::Image(image) => image.subject.as_ref(),
            Self::Index(index) => index.subject.as_ref(),
        };
        subject?.digest.parse().ok()
    }

    /// The type under which registries list it as a referrer.
    pub fn artifact_type(&self) -> Option<String> {
        match self {
            Self::Image(image) => image
                .artifact_type
                .clone()
                .or_else(|| Some(image.config.media_type.clone())),
            Self::Index(index) => index.artifact_type.clone(),
        }
    }
}

/// Checks the digest and the size of a descriptor. `what` is part of the error, e.g. "a layer".
pub(crate) fn descriptor(
    named: &DescriptorMembers,
    what: &'static str,
) -> Result<Descriptor, DocumentError> {
    let size = named.size;
    Ok(Descriptor {
        media_type: named.media_type.clone(),
        digest: named
            .digest
            .parse()
            .map_err(|source| DocumentError::Digest { what, source })?,
        size: u64::try_from(size).map_err(|_| DocumentError::Size { what, size })?,
    })
}

/// Whether registries accept a manifest with this layer without having the layer: clients download
/// it from a URL instead.
pub(crate) fn may_be_elsewhere(layer: &DescriptorMembers) -> bool {
    media_type::is_nondistributable(&layer.media_type) || !layer.urls.is_empty()
}

/// Creates the manifest of an image whose source has none: in Docker's format, like `docker push`,
/// or in OCI's format if a layer requires it.
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
        .all(|l| l.media_type == media_type::DOCKER_LAYER_GZIP);
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
                r#"{"schemaVersion":2,"config":null,"layers":[]}"#,
                "it is neither an image manifest",
            ),
            (r#"{"manifests":[]}"#, "it has no schemaVersion"),
            (
                r#"{"schemaVersion":1,"fsLayers":[]}"#,
                "its schemaVersion is 1",
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
    fn null_is_an_empty_list() {
        let config = format!(r#"{{"mediaType":"c","digest":"{DIGEST}","size":1,"urls":null}}"#);
        let text = format!(r#"{{"schemaVersion":2,"config":{config},"layers":null}}"#);
        let (document, _) = Document::parse(text.as_bytes(), None).expect("an image");
        assert_eq!(document.references().len(), 1, "the config");
        let text = r#"{"schemaVersion":2,"manifests":null}"#;
        let (document, _) = Document::parse(text.as_bytes(), None).expect("an index");
        assert!(document.references().is_empty());
    }

    #[test]
    fn incomplete_platforms_are_no_platform() {
        for (platform, expected) in [
            (
                r#"{"os":"linux","architecture":"arm64","variant":"v8"}"#,
                Some("linux/arm64/v8"),
            ),
            (
                r#"{"os":"linux","architecture":"amd64","variant":""}"#,
                Some("linux/amd64"),
            ),
            (
                r#"{"os":"plan9","architecture":"abacus"}"#,
                Some("plan9/abacus"),
            ),
            (r#"{"architecture":"amd64"}"#, None),
            (r#"{"os":"","architecture":"amd64"}"#, None),
            (r#"{"os":"linux","architecture":null}"#, None),
            ("{}", None),
            ("null", None),
        ] {
            let text = format!(
                r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"m","digest":"{DIGEST}","size":1,"platform":{platform}}}]}}"#
            );
            let (document, _) = Document::parse(text.as_bytes(), None).expect(platform);
            let Document::Index(index) = document else {
                panic!("{platform}: not an index")
            };
            let found = index.manifests[0].platform().map(|p| p.to_string());
            assert_eq!(found.as_deref(), expected, "{platform}");
        }
    }

    #[test]
    fn only_the_index_of_a_layout_may_lack_the_version() {
        Document::parse_layout_index(br#"{"manifests":[]}"#).expect("an index");
        for wrong in [r#"{"schemaVersion":1,"manifests":[]}"#, "{}", "[]"] {
            Document::parse_layout_index(wrong.as_bytes()).expect_err(wrong);
        }
    }

    #[test]
    fn repeated_members_are_rejected() {
        let twice = image(r#","layers":[]"#);
        let error = Document::parse(twice.as_bytes(), None).expect_err("twice");
        assert!(matches!(error, DocumentError::Json(_)), "{error}");
    }
}
