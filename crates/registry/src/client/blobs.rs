//! Blobs: is it there, open an upload (or mount it), send it.
//!
//! One POST and one streaming PUT: ECR silently drops the bodies of a chunked upload after the
//! first, and a PUT needs no size limits of parts.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use reqwest::{Response, Url};

use super::body::Place;
use super::refusal::read_some;
use super::{Ask, Client, Payload, SILENCE};
use crate::digest::Digest;
use crate::error::Error;
use crate::image::Blob;

/// How an upload began.
#[derive(Debug)]
pub(crate) enum Start {
    /// The registry took the blob over from another repository.
    Mounted,
    /// Where to send it.
    Session(Url),
}

impl Client {
    /// Whether the registry has a blob.
    pub(crate) async fn has_blob(&self, digest: &Digest) -> Result<bool, Error> {
        self.patiently(async || self.has_blob_once(digest).await)
            .await
    }

    /// The same, tried once.
    pub(crate) async fn has_blob_once(&self, digest: &Digest) -> Result<bool, Error> {
        let url = self.repository().url(&format!("blobs/{digest}"));
        self.look_for_blob(url, digest).await
    }

    /// Whether another repository of the registry has a blob; one that may not be read has none.
    pub(crate) async fn other_has_blob(&self, name: &str, digest: &Digest) -> Result<bool, Error> {
        let mut url = self.repository().base().clone();
        url.set_path(&format!("/v2/{name}/blobs/{digest}"));
        let found = self
            .patiently(async || self.look_for_blob(url.clone(), digest).await)
            .await;
        match found {
            Err(Error::Refused { .. }) => Ok(false),
            found => found,
        }
    }

    async fn look_for_blob(&self, url: Url, digest: &Digest) -> Result<bool, Error> {
        let ask = Ask::new(
            Method::HEAD,
            url,
            format!("look for the blob {}", digest.short()),
        );
        let answer = self.send(&ask).await?;
        match answer.status() {
            // A redirect leads to where its bytes are stored.
            status if status.is_success() || status.is_redirection() => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.refused(&ask.what, answer).await),
        }
    }

    /// A small blob's bytes: a config.
    pub(crate) async fn read_blob(&self, digest: &Digest, limit: u64) -> Result<Bytes, Error> {
        let first = self.repository().url(&format!("blobs/{digest}"));
        let what = format!("give the blob {}", digest.short());
        self.patiently(async || {
            let mut ask = Ask::new(Method::GET, first.clone(), what.as_str());
            for _ in 0..5 {
                let answer = self.send(&ask).await?;
                if answer.status().is_redirection() {
                    ask.url = self.location(&ask, &answer)?;
                    continue;
                }
                if !answer.status().is_success() {
                    return Err(self.refused(&what, answer).await);
                }
                let cut = usize::try_from(limit).unwrap_or(usize::MAX);
                let bytes = tokio::time::timeout(SILENCE, read_some(answer, cut))
                    .await
                    .map_err(|_| self.silent(&what, SILENCE))?
                    .map_err(|e| self.lost(e, &ask))?;
                if Digest::of(&bytes) != *digest {
                    return Err(self.violation(&what, "its bytes have another digest"));
                }
                return Ok(bytes.into());
            }
            Err(self.violation(&what, "it redirects in circles"))
        })
        .await
    }

    /// Opens an upload, once. With `from`, the registry may take the blob from that repository.
    pub(crate) async fn start(&self, digest: &Digest, from: Option<&str>) -> Result<Start, Error> {
        let mut url = self.repository().url("blobs/uploads/");
        if let Some(from) = from {
            url.query_pairs_mut()
                .append_pair("mount", digest.as_str())
                .append_pair("from", from);
        }
        let ask = Ask::new(
            Method::POST,
            url,
            format!("open the upload of the blob {}", digest.short()),
        );
        let answer = self.send(&ask).await?;
        match answer.status() {
            StatusCode::CREATED if from.is_some() => Ok(Start::Mounted),
            StatusCode::ACCEPTED => self.location(&ask, &answer).map(Start::Session),
            _ => Err(self.refused(&ask.what, answer).await),
        }
    }

    /// Sends a whole blob into an open upload, once. The place is free again when the last byte has
    /// left: the registry's word may take longer.
    pub(crate) async fn put(
        &self,
        blob: &Blob,
        mut session: Url,
        place: Place,
    ) -> Result<(), Error> {
        let digest = &blob.descriptor.digest;
        session
            .query_pairs_mut()
            .append_pair("digest", digest.as_str());
        let mut ask = Ask::new(
            Method::PUT,
            session,
            format!("store the blob {}", digest.short()),
        );
        ask.headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        );
        ask.body = Payload::Blob(blob, &place);
        let answer = self.send(&ask).await?;
        // ECR and others leave Location out of this answer: nothing here needs it.
        if answer.status() != StatusCode::CREATED && answer.status() != StatusCode::NO_CONTENT {
            return Err(self.refused(&ask.what, answer).await);
        }
        self.same_digest(&ask.what, &answer, digest)
    }

    /// Holds an answer's digest, where it has one, against what was sent.
    pub(super) fn same_digest(
        &self,
        what: &str,
        answer: &Response,
        digest: &Digest,
    ) -> Result<(), Error> {
        match answer.headers().get("docker-content-digest") {
            Some(said) if said.as_bytes() != digest.as_str().as_bytes() => {
                let said = String::from_utf8_lossy(said.as_bytes()).into_owned();
                Err(self.violation(what, format!("it stored {said}")))
            }
            _ => Ok(()),
        }
    }

    fn location(&self, ask: &Ask<'_>, answer: &Response) -> Result<Url, Error> {
        let text = answer
            .headers()
            .get(header::LOCATION)
            .and_then(|l| l.to_str().ok())
            .ok_or_else(|| self.violation(&ask.what, "without a Location"))?;
        let mut url = ask
            .url
            .join(text)
            .map_err(|_| self.violation(&ask.what, format!("with the Location {text:?}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(self.violation(&ask.what, format!("with the Location {text:?}")));
        }
        // A registry behind a proxy that ends TLS may not know that it is spoken to by https.
        if ask.url.scheme() == "https" && url.host() == ask.url.host() && url.scheme() == "http" {
            let port = ask.url.port();
            let is_same = url.set_scheme("https").is_ok() && url.set_port(port).is_ok();
            if !is_same {
                return Err(self.violation(&ask.what, format!("with the Location {text:?}")));
            }
        }
        Ok(url)
    }
}
