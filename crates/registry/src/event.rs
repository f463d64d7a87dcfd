//! What happens during a push, for whoever shows it.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::digest::Digest;
use crate::report::BlobReport;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A layer's compression began; `digest` is that of the uncompressed bytes.
    Compressing { digest: Digest, bytes: u64 },
    /// So many uncompressed bytes more are compressed.
    Compressed { digest: Digest, bytes: u64 },
    /// A blob begins its way; again after a failed try.
    Sending { digest: Digest, bytes: u64 },
    /// So many bytes more are on the wire.
    Bytes { digest: Digest, bytes: u64 },
    /// Nothing more will happen to this blob.
    Settled(BlobReport),
    /// Something failed and is tried again after a pause.
    Retry { reason: String, pause: Duration },
}

/// Where events go: to a channel, or nowhere.
#[derive(Debug, Clone, Default)]
pub struct Events(Option<mpsc::UnboundedSender<Event>>);

impl Events {
    /// Events, and where they come out.
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (send, receive) = mpsc::unbounded_channel();
        (Self(Some(send)), receive)
    }

    /// Nobody looks.
    pub fn none() -> Self {
        Self(None)
    }

    pub(crate) fn tell(&self, event: Event) {
        if let Some(to) = &self.0 {
            // Nobody listening any more is no failure.
            let _ = to.send(event);
        }
    }
}
