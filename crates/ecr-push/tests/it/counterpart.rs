//! Debian's docker-registry and skopeo, which are not our own code.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use stories::counterparts;

/// A docker-registry of one test, which is stopped at the end of the test.
pub struct DockerRegistry(counterparts::DockerRegistry);

impl DockerRegistry {
    pub fn start() -> Self {
        Self(counterparts::DockerRegistry::start().unwrap())
    }

    pub fn url(&self) -> String {
        self.0.url()
    }

    pub fn host(&self) -> String {
        self.0.host()
    }

    /// Whether the storage contains the complete blob.
    pub fn has_blob(&self, digest: &str) -> bool {
        let hex = &digest[7..];
        self.0
            .store()
            .join("blobs/sha256")
            .join(&hex[..2])
            .join(hex)
            .join("data")
            .exists()
    }

    /// Whether a repository has a blob.
    pub fn is_linked(&self, repository: &str, digest: &str) -> bool {
        self.0
            .store()
            .join("repositories")
            .join(repository)
            .join("_layers/sha256")
            .join(&digest[7..])
            .join("link")
            .exists()
    }

    /// A manifest's bytes, as skopeo reads them.
    pub fn manifest(&self, reference: &str) -> Vec<u8> {
        let image = format!("docker://{}/{reference}", self.host());
        let output = skopeo(&["inspect", "--raw", "--tls-verify=false", &image]);
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }

    pub fn manifest_json(&self, reference: &str) -> Value {
        serde_json::from_slice(&self.manifest(reference)).unwrap()
    }

    /// Copies an image into an OCI layout, which reads and verifies every blob.
    pub fn copy_out(&self, reference: &str, to: &Path) {
        let image = format!("docker://{}/{reference}", self.host());
        let to = format!("oci:{}:copied", to.display());
        let output = skopeo(&["copy", "--all", "--src-tls-verify=false", &image, &to]);
        assert!(output.status.success(), "{output:?}");
    }
}

pub fn skopeo(args: &[&str]) -> Output {
    let scratch = tempfile::tempdir().unwrap();
    Command::new("skopeo")
        .arg("--insecure-policy")
        .args(args)
        .env("HOME", scratch.path())
        .env("XDG_RUNTIME_DIR", scratch.path())
        .stdin(Stdio::null())
        .output()
        .expect("skopeo is needed here: install Debian's package skopeo")
}
