//! Content digests: `sha256:` and 64 lowercase hexadecimal digits. ECR supports only this
//! algorithm.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// The digest of some content.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    #[error("{0:?} is not a digest: write sha256: and 64 lowercase hexadecimal digits")]
    Malformed(String),
    #[error("the digest {0:?} does not use sha256, the only algorithm that ECR supports")]
    Algorithm(String),
}

impl Digest {
    /// Hashes bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self::finish(Sha256::new_with_prefix(bytes))
    }

    /// The digest of the bytes that the hasher has received.
    pub(crate) fn finish(hasher: Sha256) -> Self {
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in hasher.finalize() {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        Self(text)
    }

    /// `sha256:…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Only the hexadecimal digits.
    pub fn hex(&self) -> &str {
        &self.0["sha256:".len()..]
    }

    /// The first twelve digits, as Docker shows them.
    pub fn short(&self) -> &str {
        &self.hex()[..12]
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let shown = || text.chars().take(100).collect::<String>();
        let Some((algorithm, hex)) = text.split_once(':') else {
            return Err(DigestError::Malformed(shown()));
        };
        let is_hex = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match algorithm {
            "sha256" if hex.len() == 64 && is_hex => Ok(Self(text.to_owned())),
            "sha512" | "sha384" | "blake3" => Err(DigestError::Algorithm(shown())),
            _ => Err(DigestError::Malformed(shown())),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, DigestError};

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_digest_of_no_bytes_is_the_known_one() {
        assert_eq!(Digest::of(b"").as_str(), EMPTY);
        assert_eq!(Digest::of(b"").short(), "e3b0c44298fc");
    }

    #[test]
    fn only_sha256_in_lowercase_is_a_digest() {
        assert_eq!(EMPTY.parse::<Digest>(), Ok(Digest::of(b"")));
        for wrong in [
            "",
            "sha256",
            "sha256:",
            &EMPTY[..70],
            &EMPTY.to_uppercase(),
            &EMPTY.replace("e3", "E3"),
            &EMPTY.replace("e3", "/."),
            "../../etc/passwd",
            &format!("{EMPTY}0"),
        ] {
            assert!(
                matches!(wrong.parse::<Digest>(), Err(DigestError::Malformed(_))),
                "{wrong}"
            );
        }
        assert!(matches!(
            "sha512:00".parse::<Digest>(),
            Err(DigestError::Algorithm(_))
        ));
    }
}
