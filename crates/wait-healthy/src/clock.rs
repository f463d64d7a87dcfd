//! The time of a wait: the machine's at its start, then tokio's own, which a test can pause.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the time since it was made.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    timestamp: Timestamp,
    instant: Instant,
}

impl Clock {
    /// Begins now.
    pub fn start() -> Self {
        Self {
            timestamp: Timestamp::now(),
            instant: Instant::now(),
        }
    }

    pub fn started(&self) -> Timestamp {
        self.timestamp
    }

    pub fn now(&self) -> Timestamp {
        self.timestamp
            .checked_add(self.elapsed())
            .unwrap_or(Timestamp::MAX)
    }

    pub fn elapsed(&self) -> SignedDuration {
        SignedDuration::try_from(self.instant.elapsed()).unwrap_or(SignedDuration::MAX)
    }
}
