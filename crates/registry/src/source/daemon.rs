//! Images in a Docker engine. The engine exports an image only if its bytes are needed.

use std::fs::File;
use std::path::PathBuf;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use super::error::SourceError;
use super::text::DOCKER_DAEMON;
use crate::digest::Digest;
use crate::platform::Platform;

/// Limit for descriptions and error messages, in bytes.
const ANSWER_LIMIT: usize = 4 << 20;

/// A Docker engine.
#[derive(Debug, Clone)]
pub struct Daemon {
    socket: PathBuf,
}

/// What the engine reports about an image without exporting it.
#[derive(Debug, Clone)]
pub struct DaemonImage {
    /// The digest of the config (classic image store), or of the manifest or index (containerd's
    /// store).
    pub id: Digest,
    /// The digests of the uncompressed layers.
    pub diff_ids: Vec<Digest>,
    pub platform: Platform,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    os: String,
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
    #[serde(rename = "RootFS", default)]
    root_fs: RootFs,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct RootFs {
    #[serde(default)]
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

impl Daemon {
    /// The engine that `DOCKER_HOST` refers to, or the default socket.
    ///
    /// # Errors
    /// If `DOCKER_HOST` is not supported.
    pub fn from_docker_host(docker_host: Option<&str>) -> Result<Self, SourceError> {
        match docker_host.filter(|host| !host.is_empty()) {
            None => Ok(Self {
                socket: PathBuf::from("/var/run/docker.sock"),
            }),
            Some(host) => match host.strip_prefix("unix://") {
                Some(path) => Ok(Self {
                    socket: PathBuf::from(path),
                }),
                None => Err(SourceError::Daemon {
                    socket: host.to_owned(),
                    problem: "is not supported: set DOCKER_HOST to unix://PATH".to_owned(),
                    source: None,
                    absent: false,
                }),
            },
        }
    }

    /// Reads the description of an image.
    pub async fn inspect(&self, name: &str) -> Result<DaemonImage, SourceError> {
        let answer = self.get(name, "json").await?;
        let bytes = Limited::new(answer, ANSWER_LIMIT)
            .collect()
            .await
            .map_err(|e| self.failed("closed the connection", e))?
            .to_bytes();
        let inspected: Inspected = serde_json::from_slice(&bytes)
            .map_err(|e| self.failed("returned an unknown description of the image", e.into()))?;
        let digest = |text: &str| {
            text.parse()
                .map_err(|e| self.failed("returned an invalid digest", Box::new(e)))
        };
        Ok(DaemonImage {
            id: digest(&inspected.id)?,
            diff_ids: inspected
                .root_fs
                .layers
                .iter()
                .map(|d| digest(d))
                .collect::<Result<_, _>>()?,
            platform: Platform {
                os: inspected.os,
                architecture: inspected.architecture,
                variant: inspected.variant.filter(|v| !v.is_empty()),
            },
        })
    }

    /// Exports the image into an unnamed temporary file.
    pub async fn save(&self, name: &str) -> Result<File, SourceError> {
        let mut answer = self.get(name, "get").await?;
        let written = |source| SourceError::Spool {
            source_name: format!("{DOCKER_DAEMON}:{name}"),
            source,
        };
        let spool = tempfile::tempfile().map_err(written)?;
        let mut file = tokio::fs::File::from_std(spool);
        while let Some(frame) = answer.frame().await {
            let frame = frame.map_err(|e| {
                self.failed(
                    "closed the connection while it exported the image",
                    e.into(),
                )
            })?;
            if let Ok(data) = frame.into_data() {
                file.write_all(&data).await.map_err(written)?;
            }
        }
        file.flush().await.map_err(written)?;
        Ok(file.into_std().await)
    }

    async fn get(&self, name: &str, what: &str) -> Result<Incoming, SourceError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
        if name.is_empty() || !name.chars().all(is_plain) || name.contains("..") {
            return Err(SourceError::Kind {
                given: format!("{DOCKER_DAEMON}:{name}"),
                write: format!("{DOCKER_DAEMON}:NAME[:TAG], as in `docker images`"),
            });
        }
        let stream = UnixStream::connect(&self.socket)
            .await
            .map_err(|e| self.failed("cannot be reached", e.into()))?;
        let (mut send, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| self.failed("does not speak HTTP", e.into()))?;
        // The task ends with the last byte of the answer, or when the answer is dropped.
        tokio::spawn(connection);
        let request = http::Request::get(format!("/images/{name}/{what}"))
            .header(http::header::HOST, "docker")
            .body(Empty::<Bytes>::new())
            .map_err(|e| self.failed("cannot be called", e.into()))?;
        let answer = send
            .send_request(request)
            .await
            .map_err(|e| self.failed("did not answer", e.into()))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.into_body());
        }
        let bytes = Limited::new(answer.into_body(), ANSWER_LIMIT)
            .collect()
            .await
            .map(|b| b.to_bytes())
            .unwrap_or_default();
        let message = serde_json::from_slice::<Refusal>(&bytes).map_or_else(
            |_| String::from_utf8_lossy(&bytes).into_owned(),
            |r| r.message,
        );
        Err(SourceError::Daemon {
            socket: self.socket.display().to_string(),
            problem: match status {
                http::StatusCode::NOT_FOUND => format!("has no image {name}"),
                status => format!("answered {status}: {message}"),
            },
            source: None,
            absent: status == http::StatusCode::NOT_FOUND,
        })
    }

    fn failed(
        &self,
        problem: &str,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> SourceError {
        SourceError::Daemon {
            socket: self.socket.display().to_string(),
            problem: problem.to_owned(),
            source: Some(source),
            absent: false,
        }
    }
}
