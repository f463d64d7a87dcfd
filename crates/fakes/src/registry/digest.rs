//! Digests as registries write them.

use sha2::{Digest as _, Sha256};

/// `sha256:` and the digest's hexadecimal form.
pub(crate) fn hex_digest(digest: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in digest {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    hex_digest(&Sha256::digest(bytes))
}
