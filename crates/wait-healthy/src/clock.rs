//! The clock of a wait: the system time at its start, plus tokio's time since then.
//!
//! Tokio's time is monotonic, and tests can pause it.

use jiff::{SignedDuration, Timestamp};
use rollout::ReadSpan;
use tokio::time::Instant;

/// The current time and the time since the start.
#[derive(Debug, Clone, Copy)]
pub struct WaitClock {
    timestamp: Timestamp,
    instant: Instant,
}

impl WaitClock {
    /// Starts the clock now.
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

    /// Notes when a request was sent and when its response arrived.
    pub async fn timed<T>(self, answer: impl Future<Output = T>) -> (ReadSpan, T) {
        let sent = self.now();
        let answer = answer.await;
        let received = self.now();
        (ReadSpan { sent, received }, answer)
    }
}
