//! The clock of all fakes: the machine's, one that a test advances, or one that
//! follows another (e.g. a paused tokio clock). Time lines run on it, so no test has to sleep.

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

    /// A clock that stays at 2026-03-02T09:00:00Z until [`Clock::advance`] moves it.
    pub fn manual() -> Self {
        Self::manual_at(Timestamp::from_second(1_772_442_000).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// A clock that stays at `start` until [`Clock::advance`] moves it.
    pub fn manual_at(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(start))))
    }

    /// A clock that calls `now` each time, e.g. to run the fakes on tokio's paused clock.
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

    /// Advances a manual clock.
    ///
    /// # Panics
    /// If the clock is not manual.
    pub fn advance(&self, by: Duration) {
        let Source::Manual(at) = &self.0 else {
            panic!("only a manual clock can be advanced");
        };
        *at.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

/// Seconds since 1970 in the format of AWS's JSON protocol: a number with milliseconds.
pub(crate) fn epoch_seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// The same moment in the format of XML responses.
pub(crate) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
