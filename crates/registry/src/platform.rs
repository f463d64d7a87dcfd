//! The platform an image is for: `linux/amd64`, `linux/arm64/v8`.

use std::fmt;
use std::str::FromStr;

/// Operating system, architecture, variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    pub os: String,
    pub architecture: String,
    pub variant: Option<String>,
}

impl Platform {
    /// Whether an image for `self` is what was asked for. Without a variant asked, each fits;
    /// arm64 without one is v8.
    pub fn fits(&self, wanted: &Self) -> bool {
        let variant = |p: &Self| match (&p.variant, p.architecture.as_str()) {
            (None, "arm64") => Some("v8".to_owned()),
            (variant, _) => variant.clone(),
        };
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && (wanted.variant.is_none() || variant(self) == variant(wanted))
    }
}

/// Why a text is no platform.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a platform; linux/amd64 and linux/arm64 are (OS/ARCHITECTURE[/VARIANT])")]
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
    fn a_variant_counts_only_where_it_is_asked_for() {
        let parse = |text: &str| text.parse::<Platform>().expect(text);
        for (has, wanted, fits) in [
            ("linux/amd64", "linux/amd64", true),
            ("linux/arm64/v8", "linux/arm64", true),
            ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm/v6", "linux/arm/v7", false),
            ("linux/arm64", "linux/amd64", false),
            ("windows/amd64", "linux/amd64", false),
        ] {
            assert_eq!(parse(has).fits(&parse(wanted)), fits, "{has} {wanted}");
        }
        for wrong in ["", "linux", "linux/", "/amd64", "linux/arm/v7/x"] {
            wrong.parse::<Platform>().expect_err(wrong);
        }
    }
}
