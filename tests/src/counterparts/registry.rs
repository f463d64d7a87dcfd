//! Debian's docker-registry: the reference implementation of the distribution specification.

use std::path::{Path, PathBuf};

use super::{NotHere, Server, answers, debian, find, free_port, scratch};
use crate::programs::command;

const PROGRAM: &str = "docker-registry";

/// A docker-registry with a store of its own.
#[derive(Debug)]
pub struct DockerRegistry {
    server: Server,
    folder: tempfile::TempDir,
    port: u16,
}

impl DockerRegistry {
    /// Starts it with an empty store.
    pub fn start() -> Result<Self, NotHere> {
        // A port that was free may be taken before the registry has it: then another one is.
        let mut started = Self::try_to_start();
        for _ in 0..4 {
            if started.is_ok() || find(PROGRAM).is_none() {
                break;
            }
            started = Self::try_to_start();
        }
        started
    }

    fn try_to_start() -> Result<Self, NotHere> {
        let what = PROGRAM;
        let program = debian(what, what)?;
        let folder = scratch()?;
        let port = free_port();
        let config = folder.path().join("config.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n",
            folder.path().join("store").display()
        );
        let failed = |e: std::io::Error| NotHere {
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

    /// As `127.0.0.1:5000`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// As `http://127.0.0.1:5000`.
    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    /// Empties the store. It keeps nothing of it in memory.
    pub fn wipe(&self) -> std::io::Result<()> {
        removed(&self.store())
    }

    /// Takes a tag away, and leaves what it names.
    pub fn forget_tag(&self, repository: &str, tag: &str) -> std::io::Result<()> {
        let tags = format!("repositories/{repository}/_manifests/tags/{tag}");
        removed(&self.store().join(tags))
    }

    /// Bytes of all blobs and manifests in the store.
    pub fn bytes(&self) -> std::io::Result<u64> {
        let mut sum = 0;
        for prefix in std::fs::read_dir(self.store().join("blobs/sha256"))? {
            for blob in std::fs::read_dir(prefix?.path())? {
                sum += std::fs::metadata(blob?.path().join("data"))?.len();
            }
        }
        Ok(sum)
    }

    /// Requests answered so far, by its own access log.
    pub fn requests(&self) -> std::io::Result<usize> {
        let log = std::fs::read_to_string(&self.server.log)?;
        Ok(log
            .lines()
            .filter(|line| line.contains(" HTTP/1.1\" "))
            .count())
    }

    /// Its store, as the distribution project lays it out: `blobs/`, `repositories/`.
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
