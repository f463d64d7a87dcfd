//! The platform of an image, e.g. `linux/amd64` or `linux/arm64/v8`.

use std::fmt;
use std::str::FromStr;

/// An operating system, an architecture and optionally a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    pub os: String,
    pub architecture: String,
    pub variant: Option<String>,
}

impl Platform {
    /// Whether an image for `self` can be used for `wanted`. Without a wanted variant, all variants
    /// match. The default variant of arm64 is v8.
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let variant = |p: &Self| match (&p.variant, p.architecture.as_str()) {
            (None, "arm64") => Some("v8".to_owned()),
            (variant, _) => variant.clone(),
        };
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && (wanted.variant.is_none() || variant(self) == variant(wanted))
    }
}

/// Why a text is not a platform.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a platform: write OS/ARCHITECTURE, e.g. linux/arm64")]
pub struct PlatformError(String);

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [os, architecture, variant @ ..]
                if variant.len() < 2 && parts.iter().all(|p| !p.is_empty()) =>
            {
                Ok(Self {
                    os: (*os).to_owned(),
                    architecture: (*architecture).to_owned(),
                    variant: variant.first().map(|v| (*v).to_owned()),
                })
            }
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn a_variant_matters_only_if_it_is_wanted() {
        let parse = |text: &str| text.parse::<Platform>().expect(text);
        for (has, wanted, fits) in [
            ("linux/amd64", "linux/amd64", true),
            ("linux/arm64/v8", "linux/arm64", true),
            ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm/v6", "linux/arm/v7", false),
            ("linux/arm64", "linux/amd64", false),
            ("windows/amd64", "linux/amd64", false),
        ] {
            assert_eq!(parse(has).satisfies(&parse(wanted)), fits, "{has} {wanted}");
        }
        for wrong in ["", "linux", "linux/", "/amd64", "linux/arm/v7/x"] {
            wrong.parse::<Platform>().expect_err(wrong);
        }
    }
}
