//! Blobs: check whether one exists, start an upload or mount it, and upload it.
//!
//! An upload is one POST and one streaming PUT: ECR silently ignores the bodies of a chunked upload
//! after the first one, and a single PUT has no minimum or maximum size of a chunk.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use reqwest::{Response, Url};

use super::body::UploadSlot;
use super::refusal::read_some;
use super::{Client, Request, RequestBody, SILENCE};
use crate::digest::Digest;
use crate::error::Error;
use crate::image::Blob;

/// The answer to the start of an upload.
#[derive(Debug)]
pub(crate) enum UploadStart {
    /// The registry mounted the blob from another repository.
    Mounted,
    /// The URL to send the blob to.
    Session(Url),
}

impl Client {
    /// Whether the registry has a blob.
    pub(crate) async fn has_blob(&self, digest: &Digest) -> Result<bool, Error> {
        self.with_retries(async || self.has_blob_once(digest).await)
            .await
    }

    /// The same without retries.
    pub(crate) async fn has_blob_once(&self, digest: &Digest) -> Result<bool, Error> {
        let url = self.repository().url(&format!("blobs/{digest}"));
        self.look_for_blob(url, digest).await
    }

    /// Whether another repository of the registry has a blob. False if it may not be read.
    pub(crate) async fn other_has_blob(&self, name: &str, digest: &Digest) -> Result<bool, Error> {
        let mut url = self.repository().base().clone();
        url.set_path(&format!("/v2/{name}/blobs/{digest}"));
        let found = self
            .with_retries(async || self.look_for_blob(url.clone(), digest).await)
            .await;
        match found {
            Err(Error::Refused { .. }) => Ok(false),
            found => found,
        }
    }

    async fn look_for_blob(&self, url: Url, digest: &Digest) -> Result<bool, Error> {
        let request = Request::new(
            Method::HEAD,
            url,
            format!("look for the blob {}", digest.short()),
        );
        let answer = self.send(&request).await?;
        match answer.status() {
            // A redirect leads to the storage of the blob, so the blob exists.
            status if status.is_redirection() => Ok(true),
            status if status.is_success() => {
                self.check_digest(&request.what, &answer, digest)?;
                Ok(true)
            }
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.refused(&request.what, answer).await),
        }
    }

    /// Reads a small blob, e.g. a config. `limit` is in bytes.
    pub(crate) async fn read_blob(&self, digest: &Digest, limit: u64) -> Result<Bytes, Error> {
        let first = self.repository().url(&format!("blobs/{digest}"));
        let what = format!("read the blob {}", digest.short());
        self.with_retries(async || {
            let mut request = Request::new(Method::GET, first.clone(), what.as_str());
            for _ in 0..5 {
                let answer = self.send(&request).await?;
                if answer.status().is_redirection() {
                    request.url = self.location(&request, &answer)?;
                    continue;
                }
                if !answer.status().is_success() {
                    return Err(self.refused(&what, answer).await);
                }
                let cut = usize::try_from(limit).unwrap_or(usize::MAX);
                let bytes = tokio::time::timeout(SILENCE, read_some(answer, cut))
                    .await
                    .map_err(|_| self.stalled(&what, SILENCE))?
                    .map_err(|e| self.transport_error(e, &request))?;
                if Digest::of(&bytes) != *digest {
                    return Err(self.violation(&what, "the bytes have a different digest"));
                }
                return Ok(bytes.into());
            }
            Err(self.violation(&what, "too many redirects"))
        })
        .await
    }

    /// Starts an upload, without retries. With `from`, the registry may mount the blob from that
    /// repository.
    pub(crate) async fn start(
        &self,
        digest: &Digest,
        from: Option<&str>,
    ) -> Result<UploadStart, Error> {
        let mut url = self.repository().url("blobs/uploads/");
        if let Some(from) = from {
            url.query_pairs_mut()
                .append_pair("mount", digest.as_str())
                .append_pair("from", from);
        }
        let request = Request::new(
            Method::POST,
            url,
            format!("open the upload of the blob {}", digest.short()),
        );
        let answer = self.send(&request).await?;
        match answer.status() {
            StatusCode::CREATED if from.is_some() => Ok(UploadStart::Mounted),
            status if status.is_success() => {
                self.location(&request, &answer).map(UploadStart::Session)
            }
            _ => Err(self.refused(&request.what, answer).await),
        }
    }

    /// Sends a complete blob to an upload session, without retries. The slot becomes free with the
    /// last byte, because the registry may take much longer to answer.
    pub(crate) async fn put(
        &self,
        blob: &Blob,
        mut session: Url,
        slot: UploadSlot,
    ) -> Result<(), Error> {
        let digest = &blob.descriptor.digest;
        session
            .query_pairs_mut()
            .append_pair("digest", digest.as_str());
        let mut request = Request::new(
            Method::PUT,
            session,
            format!("store the blob {}", digest.short()),
        );
        request.headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        );
        request.body = RequestBody::Blob(blob, &slot);
        let answer = self.send(&request).await?;
        // ECR and other registries omit the Location header here, and nothing needs it.
        if !answer.status().is_success() {
            return Err(self.refused(&request.what, answer).await);
        }
        self.check_digest(&request.what, &answer, digest)
    }

    /// Compares the digest in the answer, if there is one, with the digest of what was sent.
    pub(super) fn check_digest(
        &self,
        what: &str,
        answer: &Response,
        digest: &Digest,
    ) -> Result<(), Error> {
        match answer.headers().get("docker-content-digest") {
            Some(declared) if declared.as_bytes() != digest.as_str().as_bytes() => {
                let declared = String::from_utf8_lossy(declared.as_bytes()).into_owned();
                Err(self.violation(what, format!("its digest is {declared}")))
            }
            _ => Ok(()),
        }
    }

    fn location(&self, request: &Request<'_>, answer: &Response) -> Result<Url, Error> {
        let text = answer
            .headers()
            .get(header::LOCATION)
            .and_then(|l| l.to_str().ok())
            .ok_or_else(|| self.violation(&request.what, "it has no Location header"))?;
        let mut url = request.url.join(text).map_err(|_| {
            self.violation(
                &request.what,
                format!("the Location {text:?} is not a valid URL"),
            )
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(self.violation(
                &request.what,
                format!("the Location {text:?} is not a valid URL"),
            ));
        }
        // A registry behind a TLS proxy may not know that its clients use https.
        if request.url.scheme() == "https"
            && url.host() == request.url.host()
            && url.scheme() == "http"
        {
            let port = request.url.port();
            let is_same = url.set_scheme("https").is_ok() && url.set_port(port).is_ok();
            if !is_same {
                return Err(self.violation(
                    &request.what,
                    format!("the Location {text:?} is not a valid URL"),
                ));
            }
        }
        Ok(url)
    }
}
