//! Entries of a layout's index, and the paths of blobs.

use crate::digest::Digest;
use crate::document::Descriptor;
use crate::platform::Platform;

/// Size limit of a config in bytes. Real ones have a few kilobytes.
pub(crate) const CONFIG_LIMIT: u64 = 4 << 20;

/// An entry of `index.json`.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub descriptor: Descriptor,
    pub names: Vec<String>,
    pub platform: Option<Platform>,
}

impl Entry {
    /// The manifest whose referrers this entry lists, if its name is a fallback tag of the
    /// distribution specification: `sha256-` and the digits of the digest.
    pub fn fallback_subject(&self) -> Option<Digest> {
        self.names.iter().find_map(|name| {
            let hex = name.strip_prefix("sha256-")?;
            format!("sha256:{hex}").parse().ok()
        })
    }
}

/// A manifest that describes another one, e.g. a signature or an SBOM.
#[derive(Debug, Clone)]
pub(super) struct Referrer {
    pub entry: Entry,
    /// The manifest that it describes.
    pub subject: Digest,
}

/// The platform in a config.
pub(crate) fn platform_in(config: &[u8]) -> Option<Platform> {
    #[derive(serde::Deserialize)]
    struct Config {
        os: String,
        architecture: String,
        variant: Option<String>,
    }
    let config: Config = serde_json::from_slice(config).ok()?;
    Some(Platform {
        os: config.os,
        architecture: config.architecture,
        variant: config.variant,
    })
}

/// The path of a blob in a layout.
pub(crate) fn blob_path(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}
