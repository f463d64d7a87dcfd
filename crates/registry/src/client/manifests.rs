//! Manifests: what a tag names, what a digest names, and writing one, byte for byte.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use reqwest::Response;

use super::refusal::read_some;
use super::{Ask, Client, Payload, SILENCE};
use crate::digest::Digest;
use crate::document::{ACCEPTED_MANIFESTS, MANIFEST_LIMIT};
use crate::error::Error;
use crate::image::Manifest;

/// A manifest as a registry gave it.
#[derive(Debug, Clone)]
pub struct Tagged {
    pub digest: Digest,
    /// As the registry said it.
    pub media_type: Option<String>,
    pub bytes: Bytes,
}

/// What writing a manifest came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// Whether the registry lists it by its subject itself.
    pub lists_referrers: bool,
}

impl Client {
    /// The digest that a tag or digest names, where there is one.
    pub(crate) async fn manifest_digest(&self, reference: &str) -> Result<Option<Digest>, Error> {
        let ask = self.ask(Method::HEAD, reference, "look for");
        let said = self
            .patiently(async || {
                let answer = self.send(&ask).await?;
                match answer.status() {
                    StatusCode::OK => Ok(Some(digest_said(&answer))),
                    // A repository that is made by the first push has no manifests yet.
                    StatusCode::NOT_FOUND => Ok(None),
                    _ => Err(self.refused(&ask.what, answer).await),
                }
            })
            .await?;
        match said {
            None => Ok(None),
            Some(Some(digest)) => Ok(Some(digest)),
            // The header is optional: then the bytes tell.
            Some(None) => Ok(self.manifest(reference).await?.map(|m| m.digest)),
        }
    }

    /// The digest that a tag names now, and those of the images in it where it is an index. Empty
    /// where there is no such tag.
    pub async fn digests(&self, tag: &str) -> Result<Vec<String>, Error> {
        let Some(tagged) = self.manifest(tag).await? else {
            return Ok(Vec::new());
        };
        // What is no index has no images in it.
        let index: serde_json::Value = serde_json::from_slice(&tagged.bytes).unwrap_or_default();
        let images = index["manifests"].as_array().into_iter().flatten();
        let digests = images.filter_map(|image| image["digest"].as_str().map(str::to_owned));
        Ok(std::iter::once(tagged.digest.to_string())
            .chain(digests)
            .collect())
    }

    /// What a tag or digest names, where there is something.
    pub(crate) async fn manifest(&self, reference: &str) -> Result<Option<Tagged>, Error> {
        let ask = self.ask(Method::GET, reference, "give");
        self.patiently(async || {
            let answer = self.send(&ask).await?;
            match answer.status() {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND => return Ok(None),
                _ => return Err(self.refused(&ask.what, answer).await),
            }
            let media_type = answer
                .headers()
                .get(header::CONTENT_TYPE)
                .and_then(|t| t.to_str().ok())
                .map(str::to_owned);
            let said = digest_said(&answer);
            let limit = usize::try_from(MANIFEST_LIMIT).unwrap_or(usize::MAX);
            let bytes = tokio::time::timeout(SILENCE, read_some(answer, limit))
                .await
                .map_err(|_| self.silent(&ask.what, SILENCE))?
                .map_err(|e| self.lost(e, &ask))?;
            let digest = Digest::of(&bytes);
            if said.is_some_and(|said| said != digest) {
                return Err(self.violation(&ask.what, "its bytes have another digest"));
            }
            Ok(Some(Tagged {
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
    ) -> Result<Written, Error> {
        let mut ask = self.ask(Method::PUT, reference, "store");
        ask.headers.remove(header::ACCEPT);
        let media_type = HeaderValue::from_str(&manifest.media_type)
            .map_err(|_| self.violation(&ask.what, "its media type is no header's value"))?;
        ask.headers.insert(header::CONTENT_TYPE, media_type);
        ask.body = Payload::Bytes(&manifest.bytes);
        self.patiently(async || {
            let answer = self.send(&ask).await?;
            if answer.status() != StatusCode::CREATED {
                return Err(self.refused(&ask.what, answer).await);
            }
            self.same_digest(&ask.what, &answer, &manifest.digest)?;
            Ok(Written {
                lists_referrers: answer.headers().contains_key("oci-subject"),
            })
        })
        .await
    }

    fn ask(&self, method: Method, reference: &str, verb: &str) -> Ask<'static> {
        let url = self.repository().url(&format!("manifests/{reference}"));
        let what = match reference.parse::<Digest>() {
            Ok(digest) => format!("{verb} the manifest {}", digest.short()),
            Err(_) => format!("{verb} the tag {reference}"),
        };
        let mut ask = Ask::new(method, url, what);
        for accepted in ACCEPTED_MANIFESTS {
            ask.headers
                .append(header::ACCEPT, HeaderValue::from_static(accepted));
        }
        ask
    }
}

fn digest_said(answer: &Response) -> Option<Digest> {
    let text = answer
        .headers()
        .get("docker-content-digest")?
        .to_str()
        .ok()?;
    text.parse().ok()
}
