//! The body of an upload: a separate thread reads and hashes the blob, a few pieces ahead of the
//! connection.
//!
//! The last piece is sent only if the digest is correct. So a registry never receives a complete
//! blob with a wrong digest.

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

use super::counts::TrafficCounts;
use crate::content::Reader;
use crate::digest::Digest;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::image::Blob;
use crate::source::SourceError;

/// Bytes per piece. Large enough that system calls cost little, small enough that several uploads
/// with a few pieces each need only a few megabytes.
const PIECE: usize = 256 << 10;
/// Pieces between the reading thread and the connection.
const AHEAD: usize = 2;
/// How long the connection may accept no bytes, and how long the answer to the last byte may take.
/// A registry needs minutes to store a blob of several gigabytes.
pub(super) const SILENCE: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The right to upload a blob, limited to a number of uploads at the same time. It becomes free
/// with the last byte.
pub(crate) struct UploadSlot(Mutex<Option<OwnedSemaphorePermit>>);

impl UploadSlot {
    /// Waits for a free slot.
    pub async fn take(slots: &Arc<Semaphore>) -> Self {
        // An error would mean that the semaphore is closed, which never happens.
        Self(Mutex::new(Arc::clone(slots).acquire_owned().await.ok()))
    }

    /// Takes the permit. A body that is sent again after a 401 no longer has one.
    fn hold(&self) -> Option<OwnedSemaphorePermit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One attempt to send a blob.
pub(super) struct BlobUpload {
    body: Mutex<Option<BlobBody>>,
    /// Why reading failed. The error of reqwest does not contain it.
    fault: Fault,
    /// Milliseconds from `began` until the connection accepted the last bytes.
    taken: Arc<AtomicU64>,
    began: Instant,
}

type Fault = Arc<Mutex<Option<Error>>>;

impl BlobUpload {
    pub fn open(
        blob: &Blob,
        slot: &UploadSlot,
        counts: &Arc<TrafficCounts>,
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
            slot: slot.hold(),
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
                // The error ends the connection. If the receiver is gone, it has ended already.
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

    /// Waits for the answer as long as the connection accepts bytes.
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

/// Reads, hashes and forwards the blob until its end, or until the receiver is gone. If this
/// process has `hashed` the bytes when it wrote them, they are not hashed again.
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
        expected: "match its digest".to_owned(),
        found: format!("the digest {found}"),
    }
    .into())
}

struct BlobBody {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
    slot: Option<OwnedSemaphorePermit>,
    digest: Digest,
    counts: Arc<TrafficCounts>,
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
                    self.slot = None;
                }
                self.counts.bytes.fetch_add(bytes, Ordering::Relaxed);
                let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.taken.store(now, Ordering::Relaxed);
                self.events.send(Event::Bytes {
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
