//! An entry of a layout's index, and where a layout keeps what it names.

use crate::digest::Digest;
use crate::document::Descriptor;
use crate::platform::Platform;

/// A config is a page of JSON; this is ample.
pub(crate) const CONFIG_LIMIT: u64 = 4 << 20;

/// An entry of `index.json`.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub descriptor: Descriptor,
    pub names: Vec<String>,
    pub platform: Option<Platform>,
}

/// The platform that a config says.
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

/// Where a layout keeps a blob.
pub(crate) fn blob_path(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}
