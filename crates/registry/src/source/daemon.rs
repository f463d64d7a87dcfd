//! Images in a Docker engine. The engine exports an image only if its bytes are needed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use reqwest::Url;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use super::error::SourceError;
use super::text::DOCKER_DAEMON;
use crate::digest::Digest;
use crate::document::null_as_empty;
use crate::platform::Platform;

/// Limit for descriptions and error messages, in bytes.
const ANSWER_LIMIT: usize = 4 << 20;

/// How long an engine may send nothing over TCP. It packs an image before it sends the first byte.
const SILENCE: Duration = Duration::from_secs(300);

/// A Docker engine.
#[derive(Debug, Clone)]
pub struct Daemon {
    address: Address,
}

#[derive(Debug, Clone)]
enum Address {
    Socket(PathBuf),
    /// HTTP without TLS, e.g. to `docker:dind` in GitLab CI.
    Http(Url),
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;
type AnswerBody = UnsyncBoxBody<Bytes, AnyError>;

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
    #[serde(rename = "RootFS", default, deserialize_with = "null_as_empty")]
    root_fs: RootFs,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct RootFs {
    #[serde(default, deserialize_with = "null_as_empty")]
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Http(url) => url.as_str().trim_end_matches('/').fmt(f),
        }
    }
}

impl Daemon {
    /// The engine that `DOCKER_HOST` refers to, or the default socket. `uses_tls` is true if
    /// `DOCKER_TLS_VERIFY` is set.
    ///
    /// # Errors
    /// If `DOCKER_HOST` is not supported.
    pub fn from_docker_host(
        docker_host: Option<&str>,
        uses_tls: bool,
    ) -> Result<Self, SourceError> {
        let host = docker_host.unwrap_or_default();
        let unsupported = |reason: &'static str| SourceError::DockerHost {
            host: host.to_owned(),
            reason,
        };
        let address = match host.split_once("://") {
            _ if host.is_empty() => Address::Socket(PathBuf::from("/var/run/docker.sock")),
            Some(("unix", path)) => Address::Socket(PathBuf::from(path)),
            Some(("tcp" | "http" | "https", _)) if uses_tls => {
                return Err(unsupported("TLS is required (DOCKER_TLS_VERIFY)"));
            }
            Some(("tcp" | "http", rest)) => {
                let url = Url::parse(&format!("http://{rest}"));
                Address::Http(url.map_err(|_| unsupported("the address is invalid"))?)
            }
            _ => return Err(unsupported("it is neither unix://PATH nor tcp://HOST:PORT")),
        };
        Ok(Self { address })
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
            let frame = frame
                .map_err(|e| self.failed("closed the connection while it exported the image", e))?;
            if let Ok(data) = frame.into_data() {
                file.write_all(&data).await.map_err(written)?;
            }
        }
        file.flush().await.map_err(written)?;
        Ok(file.into_std().await)
    }

    async fn get(&self, name: &str, what: &str) -> Result<AnswerBody, SourceError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
        if name.is_empty() || !name.chars().all(is_plain) || name.contains("..") {
            return Err(SourceError::Kind {
                given: format!("{DOCKER_DAEMON}:{name}"),
                write: format!("{DOCKER_DAEMON}:NAME[:TAG], as in `docker images`"),
            });
        }
        let path = format!("/images/{name}/{what}");
        let answer = match &self.address {
            Address::Socket(socket) => self.get_by_socket(socket, &path).await?,
            Address::Http(url) => self.get_by_http(url, &path).await?,
        };
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
            address: self.address.to_string(),
            problem: match status {
                http::StatusCode::NOT_FOUND => format!("has no image {name}"),
                status => format!("answered {status}: {message}"),
            },
            source: None,
            absent: status == http::StatusCode::NOT_FOUND,
        })
    }

    async fn get_by_socket(
        &self,
        socket: &Path,
        path: &str,
    ) -> Result<http::Response<AnswerBody>, SourceError> {
        let stream = UnixStream::connect(socket)
            .await
            .map_err(|e| self.failed("cannot be reached", e.into()))?;
        let (mut send, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| self.failed("does not speak HTTP", e.into()))?;
        // The task ends with the last byte of the answer, or when the answer is dropped.
        tokio::spawn(connection);
        let request = http::Request::get(path)
            .header(http::header::HOST, "docker")
            .body(Empty::<Bytes>::new())
            .map_err(|e| self.failed("cannot be called", e.into()))?;
        let answer = send
            .send_request(request)
            .await
            .map_err(|e| self.failed("did not answer", e.into()))?;
        Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync()))
    }

    async fn get_by_http(
        &self,
        url: &Url,
        path: &str,
    ) -> Result<http::Response<AnswerBody>, SourceError> {
        let client = pipeline_http::builder()
            .map_err(|e| self.failed("cannot be called", e.into()))?
            .redirect(reqwest::redirect::Policy::none())
            .read_timeout(SILENCE)
            .build()
            .map_err(|e| self.failed("cannot be called", e.into()))?;
        let mut url = url.clone();
        url.set_path(path);
        let answer = client
            .get(url)
            .send()
            .await
            .map_err(|e| self.failed("cannot be reached", e.into()))?;
        let answer = http::Response::<reqwest::Body>::from(answer);
        Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync()))
    }

    fn failed(&self, problem: &str, source: AnyError) -> SourceError {
        SourceError::Daemon {
            address: self.address.to_string(),
            problem: problem.to_owned(),
            source: Some(source),
            absent: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Daemon;

    #[test]
    fn docker_host_is_read_like_docker_reads_it() {
        for (host, uses_tls, expected) in [
            (None, false, Ok("/var/run/docker.sock")),
            (None, true, Ok("/var/run/docker.sock")),
            (Some(""), false, Ok("/var/run/docker.sock")),
            (Some("unix:///run/x.sock"), true, Ok("/run/x.sock")),
            (Some("tcp://docker:2375"), false, Ok("http://docker:2375")),
            (Some("tcp://[::1]:2375/"), false, Ok("http://[::1]:2375")),
            (
                Some("http://127.0.0.1:2375"),
                false,
                Ok("http://127.0.0.1:2375"),
            ),
            (Some("tcp://docker:2376"), true, Err("TLS is required")),
            (Some("tcp://"), false, Err("the address is invalid")),
            (
                Some("https://docker:2376"),
                false,
                Err("neither unix://PATH nor"),
            ),
            (Some("ssh://me@host"), false, Err("neither unix://PATH nor")),
            (Some("/run/x.sock"), false, Err("neither unix://PATH nor")),
        ] {
            let found = Daemon::from_docker_host(host, uses_tls);
            match (found, expected) {
                (Ok(daemon), Ok(address)) => assert_eq!(daemon.address.to_string(), address),
                (Err(error), Err(reason)) => {
                    assert!(error.to_string().contains(reason), "{error}");
                    assert!(
                        error.hint().expect("a hint").contains("docker save"),
                        "{error:?}"
                    );
                }
                (found, _) => panic!("{host:?} {uses_tls}: {found:?}"),
            }
        }
    }
}
