//! The destination of an image: the address of a registry and the name of a repository.

use std::fmt;

use reqwest::Url;

use crate::digest::Digest;

/// A repository in a registry.
#[derive(Debug, Clone)]
pub struct Repository {
    base: Url,
    name: String,
}

/// Why a repository or a tag is invalid.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    #[error("{0:?} is not the address of a registry: write HOST, HOST:PORT or http://HOST:PORT")]
    Registry(String),
    #[error("{name:?} is not the name of a repository: {reason}")]
    Name { name: String, reason: String },
    #[error(
        "{0:?} is not a tag: use up to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`"
    )]
    Tag(String),
}

impl Repository {
    /// `registry` is a host or a URL. Without a scheme, https is used.
    ///
    /// # Errors
    /// If the address or the name is invalid.
    pub fn new(registry: &str, name: &str) -> Result<Self, RepositoryError> {
        let bad = || RepositoryError::Registry(registry.to_owned());
        let with_scheme = if registry.contains("://") {
            registry.to_owned()
        } else {
            format!("https://{registry}")
        };
        let base = Url::parse(&with_scheme).map_err(|_| bad())?;
        let is_plain = matches!(base.scheme(), "http" | "https")
            && base.host_str().is_some_and(|h| !h.is_empty())
            && base.username().is_empty()
            && base.password().is_none()
            && base.path() == "/"
            && base.query().is_none()
            && base.fragment().is_none();
        if !is_plain {
            return Err(bad());
        }
        let repository = Self {
            base,
            name: name.to_owned(),
        };
        check_name(name)?;
        Ok(repository)
    }

    /// `https://HOST/`.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The registry's host, with its port unless it is the default.
    pub fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// The name of the repository in its registry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URI of an image with its digest, for use in a task definition.
    pub fn image(&self, digest: &Digest) -> String {
        format!("{self}@{digest}")
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("/v2/{}/{path}", self.name));
        url
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host(), self.name)
    }
}

/// The grammar of the specification. (`oci_client::Reference` uses a regular expression, and
/// compiling it takes more time than the rest of the start.)
fn check_name(name: &str) -> Result<(), RepositoryError> {
    let wrong = |reason: &str| {
        Err(RepositoryError::Name {
            name: name.chars().take(300).collect(),
            reason: reason.to_owned(),
        })
    };
    if name.is_empty() {
        return wrong("it is empty");
    }
    if name.len() > 255 {
        return wrong("it is longer than 255 characters");
    }
    if name.contains('@') || name.contains(':') {
        return wrong("use --tag for a tag and --registry for a host");
    }
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        return wrong("it contains capital letters");
    }
    if name.split('/').all(is_component) {
        Ok(())
    } else {
        wrong(
            "use lowercase letters and digits, with single `.`, `_` or `-` between them and `/` between parts",
        )
    }
}

/// Letters and digits, separated by `.`, `_`, `__` or any number of `-`.
fn is_component(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = part.split(is_word).filter(|s| !s.is_empty());
    part.starts_with(is_word)
        && part.ends_with(is_word)
        && separators
            .into_iter()
            .all(|s| matches!(s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

/// Checks that a text is a valid tag.
pub fn check_tag(tag: &str) -> Result<(), RepositoryError> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let fits = tag.len() <= 128
        && tag.starts_with(is_word)
        && tag.chars().all(|c| is_word(c) || c == '.' || c == '-');
    if fits {
        Ok(())
    } else {
        Err(RepositoryError::Tag(tag.chars().take(140).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Repository, check_tag};
    use crate::digest::Digest;

    #[test]
    fn an_address_and_a_name_make_an_image_uri() {
        let digest = Digest::of(b"");
        for (registry, host) in [
            ("http://127.0.0.1:5000", "127.0.0.1:5000"),
            ("https://registry.test/", "registry.test"),
            (
                "1.dkr.ecr.eu-west-1.amazonaws.com",
                "1.dkr.ecr.eu-west-1.amazonaws.com",
            ),
            ("registry.test:443", "registry.test"),
        ] {
            let repository = Repository::new(registry, "team/app").expect(registry);
            assert_eq!(
                repository.image(&digest),
                format!("{host}/team/app@{digest}")
            );
        }
    }

    #[test]
    fn invalid_registries_and_names_are_rejected() {
        for registry in [
            "",
            "ftp://x",
            "http://x/path",
            "http://u:p@x",
            "http://",
            "x?y",
        ] {
            Repository::new(registry, "app").expect_err(registry);
        }
        for name in [
            "",
            "App",
            "app:v1",
            "a//b",
            "/a",
            "a@sha256:0",
            "../x",
            "a b",
        ] {
            Repository::new("http://x", name).expect_err(name);
        }
    }

    #[test]
    fn tags_are_checked() {
        for tag in ["v1", "_", "1.2.3-rc_1", &"x".repeat(128)] {
            check_tag(tag).expect(tag);
        }
        for tag in ["", ".x", "-x", "a/b", "a b", "ä", &"x".repeat(129)] {
            check_tag(tag).expect_err(tag);
        }
    }
}
