//! References of images: `[HOST/]REPOSITORY[:TAG][@DIGEST]`.
//!
//! Decided here: they are parsed as Docker does it, so a short name means Docker Hub. Never here:
//! whether a registry accepts the name.

use std::fmt;
use std::str::FromStr;

use crate::ecr_host::EcrHost;

/// Docker Hub, the registry of a name without a host.
const DOCKER_HUB: &str = "docker.io";

/// The reference of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    text: String,
    host: Option<String>,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

/// Why a text is not the reference of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an image: expected [HOST/]REPOSITORY[:TAG][@DIGEST], e.g. nginx:1.29")]
pub struct ParseImageRefError(pub String);

impl FromStr for ImageRef {
    type Err = ParseImageRefError;

    fn from_str(text: &str) -> Result<Self, ParseImageRefError> {
        let (host, path) = match text.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
                (Some(host), path)
            }
            _ => (None, text),
        };
        let (name, digest) = match path.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (path, None),
        };
        // A colon before the last slash does not start a tag.
        let last = name.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match name[last..].find(':') {
            Some(at) => (&name[..last + at], Some(&name[last + at + 1..])),
            None => (name, None),
        };
        let all = [host, Some(repository), tag, digest];
        if all.contains(&Some("")) || text.contains(char::is_whitespace) {
            return Err(ParseImageRefError(text.to_owned()));
        }
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Ok(Self {
            text: text.to_owned(),
            host: owned(host),
            repository: repository.to_owned(),
            tag: owned(tag),
            digest: owned(digest),
        })
    }
}

impl ImageRef {
    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The registry's host and, if present, its port; `docker.io` if there is no host.
    pub fn registry(&self) -> &str {
        match self.host.as_deref() {
            None | Some("index.docker.io") => DOCKER_HUB,
            Some(host) => host,
        }
    }

    /// The repository's name in its registry, e.g. `library/nginx` for `nginx`.
    pub fn repository(&self) -> String {
        match self.registry() {
            DOCKER_HUB if !self.repository.contains('/') => format!("library/{}", self.repository),
            _ => self.repository.clone(),
        }
    }

    /// Host and repository as written, without tag and digest.
    pub fn name(&self) -> &str {
        let host = self.host.as_ref().map_or(0, |host| host.len() + 1);
        &self.text[..host + self.repository.len()]
    }

    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// E.g. `sha256:…`.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The reference to pull: the digest, else the tag, else `latest`.
    pub fn reference(&self) -> &str {
        self.digest().or(self.tag()).unwrap_or("latest")
    }

    /// Whether it has a digest, which always means the same image.
    pub fn is_fixed(&self) -> bool {
        self.digest.is_some()
    }

    /// The registry, if it is ECR's.
    pub fn ecr(&self) -> Option<EcrHost> {
        self.registry().parse().ok()
    }

    /// The long form, which is the same for all names of an image, e.g.
    /// `docker.io/library/nginx:latest` for `nginx`.
    pub fn long_form(&self) -> String {
        let tag = match (self.tag(), self.digest()) {
            (None, None) => ":latest".to_owned(),
            (Some(tag), None) => format!(":{tag}"),
            (None, Some(digest)) => format!("@{digest}"),
            (Some(tag), Some(digest)) => format!(":{tag}@{digest}"),
        };
        format!("{}/{}{tag}", self.registry(), self.repository())
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::ImageRef;

    #[test]
    fn references_are_parsed_as_docker_does_it() {
        for (text, registry, repository, tag, digest) in [
            ("nginx", "docker.io", "library/nginx", None, None),
            ("nginx:1", "docker.io", "library/nginx", Some("1"), None),
            ("me/app:v1", "docker.io", "me/app", Some("v1"), None),
            ("index.docker.io/a", "docker.io", "library/a", None, None),
            ("localhost/app", "localhost", "app", None, None),
            (
                "127.0.0.1:5000/a/b:c",
                "127.0.0.1:5000",
                "a/b",
                Some("c"),
                None,
            ),
            ("h:5000/app", "h:5000", "app", None, None),
            (
                "public.ecr.aws/x/y:1",
                "public.ecr.aws",
                "x/y",
                Some("1"),
                None,
            ),
            ("r.io/app@sha256:1", "r.io", "app", None, Some("sha256:1")),
            (
                "r.io/app:v1@sha256:1",
                "r.io",
                "app",
                Some("v1"),
                Some("sha256:1"),
            ),
        ] {
            let image: ImageRef = text.parse().expect(text);
            assert_eq!(
                (
                    image.registry(),
                    image.repository().as_str(),
                    image.tag(),
                    image.digest()
                ),
                (registry, repository, tag, digest),
                "{text}"
            );
            assert_eq!(image.to_string(), text);
            assert_eq!(image.is_fixed(), digest.is_some());
        }
    }

    #[test]
    fn names_of_one_image_have_the_same_long_form() {
        let long = |text: &str| text.parse::<ImageRef>().expect(text).long_form();
        assert_eq!(long("alpine"), long("docker.io/library/alpine:latest"));
        assert_eq!(long("r.io/a:1@sha256:2"), "r.io/a:1@sha256:2");
        assert_ne!(long("alpine"), long("alpine@sha256:1"));
        let name = |text: &str| text.parse::<ImageRef>().expect(text).name().to_owned();
        assert_eq!(name("h:5000/a/b:1@sha256:2"), "h:5000/a/b");
        assert_eq!(name("nginx:1"), "nginx");
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in ["", " ", "a b", "app:", "app@", ":1", "r.io/", "r.io/:1"] {
            let error = text.parse::<ImageRef>().expect_err(text).to_string();
            assert!(error.contains("is not an image: expected"), "{error}");
        }
    }

    #[test]
    fn only_hosts_of_aws_are_ecr() {
        for (host, region) in [
            (
                "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
                Some("eu-central-1"),
            ),
            (
                "123456789012.dkr-ecr.eu-central-1.on.aws",
                Some("eu-central-1"),
            ),
            ("123456789012.dkr.ecr.eu-central-1.example.net", None),
            ("dkr.ecr.eu-central-1.amazonaws.com", None),
            ("public.ecr.aws", None),
        ] {
            let image: ImageRef = format!("{host}/app:1").parse().expect(host);
            assert_eq!(image.ecr().map(|h| h.region).as_deref(), region, "{host}");
        }
    }
}
