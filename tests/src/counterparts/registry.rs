//! Debian's docker-registry: the reference implementation of the distribution specification.

use std::path::{Path, PathBuf};

use super::{Server, Unavailable, answers, debian, find, free_port, scratch};
use crate::programs::command;

const PROGRAM: &str = "docker-registry";

/// A docker-registry with its own store.
#[derive(Debug)]
pub struct DockerRegistry {
    server: Server,
    folder: tempfile::TempDir,
    port: u16,
}

impl DockerRegistry {
    /// Starts it with an empty store.
    pub fn start() -> Result<Self, Unavailable> {
        // Another process may take the free port first, so another port is tried.
        let mut started = Self::try_to_start();
        for _ in 0..4 {
            if started.is_ok() || find(PROGRAM).is_none() {
                break;
            }
            started = Self::try_to_start();
        }
        started
    }

    fn try_to_start() -> Result<Self, Unavailable> {
        let what = PROGRAM;
        let program = debian(what, what)?;
        let folder = scratch()?;
        let port = free_port();
        let config = folder.path().join("config.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n",
            folder.path().join("store").display()
        );
        let failed = |e: std::io::Error| Unavailable {
            what,
            why: e.to_string(),
        };
        std::fs::write(&config, text).map_err(failed)?;
        let mut serve = command(program);
        serve.arg("serve").arg(&config);
        let mut server = Server::start(&mut serve, folder.path().join("log")).map_err(failed)?;
        server.wait_until(what, || answers(port))?;
        Ok(Self {
            server,
            folder,
            port,
        })
    }

    /// Its address, e.g. `127.0.0.1:5000`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its URL, e.g. `http://127.0.0.1:5000`.
    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    /// Empties the store. The registry does not cache it in memory.
    pub fn wipe(&self) -> std::io::Result<()> {
        removed(&self.store())
    }

    /// Removes a tag, but not the image that it refers to.
    pub fn forget_tag(&self, repository: &str, tag: &str) -> std::io::Result<()> {
        let tags = format!("repositories/{repository}/_manifests/tags/{tag}");
        removed(&self.store().join(tags))
    }

    /// The size of all blobs and manifests in the store, in bytes.
    pub fn bytes(&self) -> std::io::Result<u64> {
        let mut sum = 0;
        for prefix in std::fs::read_dir(self.store().join("blobs/sha256"))? {
            for blob in std::fs::read_dir(prefix?.path())? {
                sum += std::fs::metadata(blob?.path().join("data"))?.len();
            }
        }
        Ok(sum)
    }

    /// The number of requests so far, from its access log.
    pub fn requests(&self) -> std::io::Result<usize> {
        let log = std::fs::read_to_string(&self.server.log)?;
        Ok(log
            .lines()
            .filter(|line| line.contains(" HTTP/1.1\" "))
            .count())
    }

    /// The directory of its store, with the layout of the distribution project: `blobs/`,
    /// `repositories/`.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store/docker/registry/v2")
    }
}

fn removed(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
