//! Debian's docker-registry and skopeo: counterparts that are not ours.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A docker-registry of one test. It ends with it.
pub struct DockerRegistry {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl DockerRegistry {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The port may be taken between the look and the start: then another one is.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let config = folder.path().join("config.yml");
            let text = format!(
                "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
                 storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
                 http: {{addr: '127.0.0.1:{port}'}}\n",
                folder.path().join("data").display()
            );
            std::fs::write(&config, text).unwrap();
            let mut child = Command::new("docker-registry")
                .arg("serve")
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("docker-registry is needed here: install Debian's package docker-registry");
            let until = Instant::now() + Duration::from_secs(20);
            while Instant::now() < until && child.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Self {
                        child,
                        port,
                        folder,
                    };
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            // It has ended, or will not answer: it is ours to end.
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("docker-registry did not start");
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Whether its storage has a blob whole.
    pub fn has_blob(&self, digest: &str) -> bool {
        let hex = &digest[7..];
        self.folder
            .path()
            .join("data/docker/registry/v2/blobs/sha256")
            .join(&hex[..2])
            .join(hex)
            .join("data")
            .exists()
    }

    /// Whether a repository has a blob.
    pub fn is_linked(&self, repository: &str, digest: &str) -> bool {
        self.folder
            .path()
            .join("data/docker/registry/v2/repositories")
            .join(repository)
            .join("_layers/sha256")
            .join(&digest[7..])
            .join("link")
            .exists()
    }

    /// A manifest's bytes, as skopeo gets them.
    pub fn manifest(&self, reference: &str) -> Vec<u8> {
        let image = format!("docker://{}/{reference}", self.host());
        let output = skopeo(&["inspect", "--raw", "--tls-verify=false", &image]);
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }

    pub fn manifest_json(&self, reference: &str) -> Value {
        serde_json::from_slice(&self.manifest(reference)).unwrap()
    }

    /// Copies an image out into an OCI layout: every blob is read and checked.
    pub fn copy_out(&self, reference: &str, to: &Path) {
        let image = format!("docker://{}/{reference}", self.host());
        let to = format!("oci:{}:copied", to.display());
        let output = skopeo(&["copy", "--all", "--src-tls-verify=false", &image, &to]);
        assert!(output.status.success(), "{output:?}");
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
