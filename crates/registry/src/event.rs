//! Events during a push.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::digest::Digest;
use crate::report::BlobReport;

/// An event during a push.
#[derive(Debug, Clone)]
pub enum Event {
    /// The compression of a layer started. `digest` is that of its uncompressed bytes.
    Compressing { digest: Digest, bytes: u64 },
    /// Another `bytes` uncompressed bytes are compressed.
    Compressed { digest: Digest, bytes: u64 },
    /// The upload of a blob started. Sent again for each retry.
    Sending { digest: Digest, bytes: u64 },
    /// Another `bytes` bytes are sent.
    Bytes { digest: Digest, bytes: u64 },
    /// The blob is finished.
    Settled(BlobReport),
    /// A request failed and is retried after a pause.
    Retry { reason: String, pause: Duration },
}

/// Sends events to a channel, or discards them.
#[derive(Debug, Clone, Default)]
pub struct Events(Option<mpsc::UnboundedSender<Event>>);

impl Events {
    /// Creates a sender and its receiver.
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (send, receive) = mpsc::unbounded_channel();
        (Self(Some(send)), receive)
    }

    /// Discards all events.
    pub fn none() -> Self {
        Self(None)
    }

    pub(crate) fn send(&self, event: Event) {
        if let Some(to) = &self.0 {
            // It is not an error if the receiver is gone.
            let _ = to.send(event);
        }
    }
}
