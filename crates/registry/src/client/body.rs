//! A blob on its way: read and hashed on a thread of its own, some pieces ahead of the wire.
//!
//! The last piece leaves only if the digest is right, so that a registry never gets the whole of
//! a blob that is not what it is called.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::Response;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::counts::Counts;
use crate::content::Reader;
use crate::digest::Digest;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::image::Blob;
use crate::source::SourceError;

/// Large enough that hashing and system calls weigh little, small enough that six uploads with
/// some pieces each stay within a few megabytes.
const PIECE: usize = 256 << 10;
/// Pieces that wait between the reading thread and the connection.
const AHEAD: usize = 2;
/// How long no byte may be taken, or the answer to the last one may be awaited. Committing a
/// blob of gigabytes takes a registry minutes.
pub(super) const SILENCE: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A blob's place among those that are on their way at once, until its last byte has left.
pub(crate) struct Place(Mutex<Option<OwnedSemaphorePermit>>);

impl Place {
    /// Waits for a place.
    pub async fn take(places: &Arc<Semaphore>) -> Self {
        // An error would mean that the semaphore is closed, which nobody does.
        Self(Mutex::new(Arc::clone(places).acquire_owned().await.ok()))
    }

    /// What holds the place, once: a body that is sent again after a 401 has none.
    fn hold(&self) -> Option<OwnedSemaphorePermit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One try at sending a blob.
pub(super) struct Sending {
    body: Mutex<Option<BlobBody>>,
    /// Why reading stopped, where it did: reqwest's error says less.
    fault: Fault,
    /// Milliseconds from `began` to the last byte taken.
    taken: Arc<AtomicU64>,
    began: Instant,
}

type Fault = Arc<Mutex<Option<Error>>>;

impl Sending {
    pub fn open(
        blob: &Blob,
        place: &Place,
        counts: &Arc<Counts>,
        events: &Events,
    ) -> Result<Self, Error> {
        let digest = blob.descriptor.digest.clone();
        let reader = blob
            .content
            .open()
            .map_err(|source| cannot_read(&digest, source))?;
        let (send, pieces) = mpsc::channel(AHEAD);
        let fault = Fault::default();
        let began = Instant::now();
        let taken = Arc::new(AtomicU64::new(0));
        let body = BlobBody {
            pieces,
            left: blob.content.len(),
            place: place.hold(),
            digest: digest.clone(),
            counts: Arc::clone(counts),
            events: events.clone(),
            taken: Arc::clone(&taken),
            began,
        };
        let thread_fault = Arc::clone(&fault);
        let hashed = blob.content.is_ours();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = read(reader, &digest, hashed, &send) {
                *thread_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                // The connection is torn down on it; nobody listening is as good.
                let _ = send.blocking_send(Err(io::ErrorKind::InvalidData.into()));
            }
        });
        Ok(Self {
            body: Mutex::new(Some(body)),
            fault,
            taken,
            began,
        })
    }

    pub fn body(&self) -> reqwest::Body {
        let body = self
            .body
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        body.map_or_else(|| reqwest::Body::from(Bytes::new()), reqwest::Body::wrap)
    }

    /// Waits for the answer, as long as bytes are taken.
    pub async fn watch(
        &self,
        request: impl Future<Output = Result<Response, reqwest::Error>>,
        lost: impl Fn(reqwest::Error) -> Error,
        silent: impl Fn() -> Error,
    ) -> Result<Response, Error> {
        let mut request = std::pin::pin!(request);
        loop {
            match tokio::time::timeout(LOOK_EVERY, &mut request).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => {
                    let fault = self
                        .fault
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .take();
                    return Err(fault.unwrap_or_else(|| lost(error)));
                }
                Err(_) => {
                    let last = Duration::from_millis(self.taken.load(Ordering::Relaxed));
                    if self.began.elapsed().saturating_sub(last) > SILENCE {
                        return Err(silent());
                    }
                }
            }
        }
    }
}

fn cannot_read(digest: &Digest, source: io::Error) -> Error {
    Error::Local {
        what: format!("read the blob {digest}"),
        source,
    }
}

/// Reads, hashes and hands on, until the end or until nobody takes more. What is `hashed` already
/// needs no second hash: the registry takes its own.
fn read(
    reader: Reader,
    digest: &Digest,
    hashed: bool,
    to: &mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), Error> {
    let mut hasher = (!hashed).then(Sha256::new);
    let len = reader.left();
    let mut at = 0;
    while at < len {
        let size = (len - at).min(PIECE as u64);
        let mut piece = vec![0; usize::try_from(size).unwrap_or(PIECE)];
        reader
            .read_at(&mut piece, at)
            .map_err(|source| cannot_read(digest, source))?;
        at += size;
        if let Some(mut hash) = hasher.take() {
            hash.update(&piece);
            if at == len {
                is_right(digest, Digest::finish(hash))?;
            } else {
                hasher = Some(hash);
            }
        }
        if to.blocking_send(Ok(piece.into())).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn is_right(digest: &Digest, found: Digest) -> Result<(), Error> {
    if found == *digest {
        return Ok(());
    }
    Err(SourceError::Mismatch {
        source_name: "the image".to_owned(),
        what: format!("the blob {digest}"),
        expected: "what its digest says".to_owned(),
        found: found.to_string(),
    }
    .into())
}

struct BlobBody {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
    place: Option<OwnedSemaphorePermit>,
    digest: Digest,
    counts: Arc<Counts>,
    events: Events,
    taken: Arc<AtomicU64>,
    began: Instant,
}

impl Body for BlobBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.pieces.poll_recv(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(Some(Ok(piece))) => {
                let bytes = piece.len() as u64;
                self.left -= bytes;
                if self.left == 0 {
                    self.place = None;
                }
                self.counts.bytes.fetch_add(bytes, Ordering::Relaxed);
                let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.taken.store(now, Ordering::Relaxed);
                self.events.tell(Event::Bytes {
                    digest: self.digest.clone(),
                    bytes,
                });
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
