//! Images that are named by a tag: whether what runs is what the tag names now.

use serde_json::Value;

/// An image by registry, repository, and tag or digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As it is written.
    pub image: String,
    /// `docker.io` where none is written.
    pub registry: String,
    pub repository: String,
    /// A digest where one is written, else the tag; `latest` where none is.
    pub reference: String,
}

impl Named {
    /// Reads an image as docker does.
    pub fn read(image: &str) -> Option<Self> {
        if image.is_empty() {
            return None;
        }
        let (registry, path) = match image.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => ("docker.io", image),
        };
        let (path, digest) = match path.split_once('@') {
            Some((path, digest)) => (path, Some(digest)),
            None => (path, None),
        };
        let (repository, tag) = path.rsplit_once(':').unwrap_or((path, "latest"));
        let repository = match (registry, repository.contains('/')) {
            ("docker.io", false) => format!("library/{repository}"),
            _ => repository.to_owned(),
        };
        Some(Self {
            image: image.to_owned(),
            registry: registry.to_owned(),
            repository,
            reference: digest.unwrap_or(tag).to_owned(),
        })
    }

    /// Whether a digest names it, which never moves.
    pub fn is_fixed(&self) -> bool {
        self.reference.contains(':')
    }

    /// Account and region of an ECR registry.
    pub fn ecr(&self) -> Option<(&str, &str)> {
        let mut labels = self.registry.split('.');
        let account = labels.next()?;
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let is_ecr = match labels.next()? {
            "dkr" => matches!(labels.next()?, "ecr" | "ecr-fips"),
            "dkr-ecr" | "dkr-ecr-fips" => true,
            _ => false,
        };
        (is_account && is_ecr).then(|| Some((account, labels.next()?)))?
    }
}

/// The containers of a task definition whose image a tag names.
pub fn tagged(definition: &Value) -> Vec<(String, Named)> {
    let containers = definition["containerDefinitions"].as_array();
    containers
        .into_iter()
        .flatten()
        .filter_map(|c| {
            let tagged = Named::read(c["image"].as_str()?).filter(|n| !n.is_fixed())?;
            Some((c["name"].as_str()?.to_owned(), tagged))
        })
        .collect()
}

/// The digest that a container of a service revision runs.
pub fn runs<'a>(revision: &'a Value, container: &str) -> Option<&'a str> {
    let images = revision["containerImages"].as_array()?;
    let image = images.iter().find(|i| i["containerName"] == container)?;
    image["imageDigest"].as_str().filter(|d| !d.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Named;

    #[test]
    fn an_image_is_read_as_docker_does() {
        for (image, registry, repository, tag) in [
            ("nginx", "docker.io", "library/nginx", "latest"),
            ("nginx:1", "docker.io", "library/nginx", "1"),
            ("me/app:v1", "docker.io", "me/app", "v1"),
            ("localhost/app", "localhost", "app", "latest"),
            ("127.0.0.1:5000/a/b:c", "127.0.0.1:5000", "a/b", "c"),
            ("public.ecr.aws/x/y:1", "public.ecr.aws", "x/y", "1"),
        ] {
            let read = Named::read(image).expect("a tag");
            assert_eq!(
                (
                    read.registry.as_str(),
                    read.repository.as_str(),
                    read.reference.as_str()
                ),
                (registry, repository, tag),
                "{image}"
            );
        }
        let fixed = Named::read("r.io/app:v1@sha256:1").expect("a digest");
        assert_eq!(
            (fixed.repository.as_str(), fixed.reference.as_str()),
            ("app", "sha256:1")
        );
        assert!(fixed.is_fixed());
        assert_eq!(Named::read(""), None);
    }

    #[test]
    fn ecrs_hosts_are_known() {
        let ecr = |host: &str| {
            let tagged = Named::read(&format!("{host}/app:1")).expect("a tag");
            tagged.ecr().map(|(a, r)| (a.to_owned(), r.to_owned()))
        };
        let ours = Some(("123456789012".to_owned(), "eu-central-1".to_owned()));
        assert_eq!(ecr("123456789012.dkr.ecr.eu-central-1.amazonaws.com"), ours);
        assert_eq!(ecr("123456789012.dkr-ecr.eu-central-1.on.aws"), ours);
        assert_eq!(ecr("public.ecr.aws"), None);
        assert_eq!(ecr("dkr.ecr.eu-central-1.amazonaws.com"), None);
    }
}
