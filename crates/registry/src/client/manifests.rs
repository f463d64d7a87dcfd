//! Manifests: read what a tag or digest refers to, and write a manifest byte for byte.

use std::cell::Cell;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use reqwest::Response;

use super::refusal::read_some;
use super::{Client, Request, RequestBody, SILENCE};
use crate::digest::Digest;
use crate::document::{ACCEPTED_MANIFESTS, MANIFEST_LIMIT};
use crate::error::Error;
use crate::image::Manifest;

/// A manifest in a registry.
#[derive(Debug, Clone)]
pub struct RemoteManifest {
    pub digest: Digest,
    /// The `Content-Type` of the answer.
    pub media_type: Option<String>,
    pub bytes: Bytes,
}

/// The answer to the write of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrittenManifest {
    /// Whether the registry itself lists the manifest among the referrers of its subject.
    pub lists_referrers: bool,
}

impl Client {
    /// Returns the digest that a tag or digest refers to, or `None` if it does not exist.
    pub(crate) async fn manifest_digest(&self, reference: &str) -> Result<Option<Digest>, Error> {
        let declared = self.with_retries(async || self.digest_once(reference).await);
        match declared.await? {
            None => Ok(None),
            Some(Some(digest)) => Ok(Some(digest)),
            // The header is optional. Without it, the digest is that of the bytes.
            Some(None) => Ok(self.manifest(reference).await?.map(|m| m.digest)),
        }
    }

    /// The same in one attempt, without the digest if the answer does not contain it.
    async fn digest_once(&self, reference: &str) -> Result<Option<Option<Digest>>, Error> {
        let request = self.request(Method::HEAD, reference, "look for");
        let answer = self.send(&request).await?;
        match answer.status() {
            StatusCode::OK => Ok(Some(digest_header(&answer))),
            // A repository that the first push creates has no manifests yet.
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.unexpected(&request, answer).await),
        }
    }

    /// Returns the digest that a tag refers to, followed by the digests of its images if it is an
    /// index. Empty if the tag does not exist.
    pub async fn digests(&self, tag: &str) -> Result<Vec<String>, Error> {
        let Some(tagged) = self.manifest(tag).await? else {
            return Ok(Vec::new());
        };
        // A document that is not an index contains no images.
        let index: serde_json::Value = serde_json::from_slice(&tagged.bytes).unwrap_or_default();
        let images = index["manifests"].as_array().into_iter().flatten();
        let digests = images.filter_map(|image| image["digest"].as_str().map(str::to_owned));
        Ok(std::iter::once(tagged.digest.to_string())
            .chain(digests)
            .collect())
    }

    /// Returns what a tag or digest refers to, or `None` if it does not exist.
    pub(crate) async fn manifest(&self, reference: &str) -> Result<Option<RemoteManifest>, Error> {
        let request = self.request(Method::GET, reference, "read");
        self.with_retries(async || {
            let answer = self.send(&request).await?;
            match answer.status() {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND => return Ok(None),
                _ => return Err(self.unexpected(&request, answer).await),
            }
            let media_type = answer
                .headers()
                .get(header::CONTENT_TYPE)
                .and_then(|t| t.to_str().ok())
                .map(str::to_owned);
            let declared = digest_header(&answer);
            let limit = usize::try_from(MANIFEST_LIMIT).unwrap_or(usize::MAX);
            let bytes = tokio::time::timeout(SILENCE, read_some(answer, limit))
                .await
                .map_err(|_| self.stalled(&request.what, SILENCE))?
                .map_err(|e| self.transport_error(e, &request))?;
            let digest = Digest::of(&bytes);
            if declared.is_some_and(|declared| declared != digest) {
                return Err(self.violation(&request.what, "the bytes have a different digest"));
            }
            Ok(Some(RemoteManifest {
                digest,
                media_type,
                bytes: bytes.into(),
            }))
        })
        .await
    }

    /// Writes a manifest under a tag or its digest.
    pub(crate) async fn put_manifest(
        &self,
        manifest: &Manifest,
        reference: &str,
    ) -> Result<WrittenManifest, Error> {
        let mut request = self.request(Method::PUT, reference, "store");
        request.headers.remove(header::ACCEPT);
        let media_type = HeaderValue::from_str(&manifest.media_type).map_err(|_| {
            self.violation(&request.what, "the media type is not a valid header value")
        })?;
        request.headers.insert(header::CONTENT_TYPE, media_type);
        request.body = RequestBody::Bytes(&manifest.bytes);
        let is_again = Cell::new(false);
        self.with_retries(async || {
            // Perhaps only the answer was lost. For a referrer it is needed, because it shows whether
            // the registry lists it.
            if is_again.replace(true)
                && manifest.subject.is_none()
                && self.digest_once(reference).await? == Some(Some(manifest.digest.clone()))
            {
                return Ok(WrittenManifest {
                    lists_referrers: false,
                });
            }
            let answer = self.send(&request).await?;
            // Some registries answer 200 or 202 instead of 201.
            if !answer.status().is_success() {
                return Err(self.unexpected(&request, answer).await);
            }
            self.check_digest(&request.what, &answer, &manifest.digest)?;
            Ok(WrittenManifest {
                lists_referrers: answer.headers().contains_key("oci-subject"),
            })
        })
        .await
    }

    /// Registries do not redirect manifests. Proxies and login pages redirect everything.
    async fn unexpected(&self, request: &Request<'_>, answer: Response) -> Error {
        if !answer.status().is_redirection() {
            return self.refused(&request.what, answer).await;
        }
        let location = answer.headers().get(header::LOCATION);
        let location = location.map(|text| String::from_utf8_lossy(text.as_bytes()));
        let found = format!("a redirect to {}", location.unwrap_or_default());
        self.not_a_registry(&request.what, found)
    }

    fn request(&self, method: Method, reference: &str, verb: &str) -> Request<'static> {
        let url = self.repository().url(&format!("manifests/{reference}"));
        let what = match reference.parse::<Digest>() {
            Ok(digest) => format!("{verb} the manifest {}", digest.short()),
            Err(_) => format!("{verb} the tag {reference}"),
        };
        let mut request = Request::new(method, url, what);
        for accepted in ACCEPTED_MANIFESTS {
            request
                .headers
                .append(header::ACCEPT, HeaderValue::from_static(accepted));
        }
        request
    }
}

fn digest_header(answer: &Response) -> Option<Digest> {
    let text = answer
        .headers()
        .get("docker-content-digest")?
        .to_str()
        .ok()?;
    text.parse().ok()
}
