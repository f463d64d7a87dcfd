//! The clock that every fake reads: the machine's, one that a test advances by hand, or one that
//! follows another (a paused tokio clock, say). Time lines run on it, so no test has to sleep.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// A source of the present moment. Clones share one clock.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    Real,
    Manual(Arc<Mutex<Timestamp>>),
    Following(Arc<dyn Fn() -> Timestamp + Send + Sync>),
}

impl Clock {
    /// The machine's own clock.
    pub fn real() -> Self {
        Self(Source::Real)
    }

    /// A clock that stands still at 2026-03-02T09:00:00Z until [`Clock::advance`] moves it.
    pub fn manual() -> Self {
        Self::manual_at(Timestamp::from_second(1_772_442_000).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// A clock that stands still at `start` until [`Clock::advance`] moves it.
    pub fn manual_at(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(start))))
    }

    /// A clock that asks `now` each time: how a test puts the fakes on tokio's paused clock.
    pub fn following(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Source::Following(Arc::new(now)))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Real => Timestamp::now(),
            Source::Manual(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
            Source::Following(now) => now(),
        }
    }

    /// Moves a manual clock on.
    ///
    /// # Panics
    /// On a clock that is not manual: it cannot be moved.
    pub fn advance(&self, by: Duration) {
        let Source::Manual(at) = &self.0 else {
            panic!("only a manual clock can be advanced");
        };
        *at.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

/// Seconds since 1970 as AWS's JSON protocol writes them: a number with milliseconds.
pub(crate) fn epoch_seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// The same moment as XML answers write it.
pub(crate) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
