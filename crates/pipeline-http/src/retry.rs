//! Trying again: one policy for every request that the AWS SDK does not send (it retries its own),
//! and one loop for waiting until something has come about.
//!
//! Decided here: how pauses grow, how far a server's Retry-After is obeyed, and when one stops.
//! Never here: which errors pass by themselves (each crate's error says so, see [`Transient`]), or
//! what is shown in between.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::{Instant, sleep};

/// An error that knows whether another attempt may succeed.
pub trait Transient {
    /// Whether the same request may succeed in a moment.
    fn is_transient(&self) -> bool;

    /// How long the server asks to wait (Retry-After), if it does.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// How often something is tried, and how long the pauses between the attempts are.
///
/// The default suits a registry: six attempts over about ten seconds, with jitter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included.
    pub tries: usize,
    /// The first pause.
    pub first: Duration,
    /// Each pause is this many times as long as the one before.
    pub factor: f32,
    /// The longest pause, before jitter.
    pub longest: Duration,
    /// Whether up to as much again is added to each pause at random, so that pipelines that were
    /// throttled together do not come back together.
    pub has_jitter: bool,
    /// The longest that a server's Retry-After is obeyed.
    pub retry_after_limit: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 6,
            first: Duration::from_millis(250),
            factor: 2.0,
            longest: Duration::from_secs(20),
            has_jitter: true,
            retry_after_limit: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// The pauses between the attempts: one fewer than there are attempts.
    pub fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(self.first)
            .with_factor(self.factor)
            .with_max_delay(self.longest)
            .with_max_times(self.tries.saturating_sub(1));
        if self.has_jitter {
            pauses.with_jitter().build()
        } else {
            pauses.build()
        }
    }

    /// Attempts something until it succeeds, fails for good, or the attempts are used up; then the
    /// last error comes back. `before_pause` is told the error and the pause that follows it.
    pub async fn retry<T, E: Transient>(
        &self,
        mut attempt: impl AsyncFnMut() -> Result<T, E>,
        mut before_pause: impl FnMut(&E, Duration),
    ) -> Result<T, E> {
        let mut attempts = self.begin();
        loop {
            let error = match attempt().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let Some(pause) = attempts.pause_after(&error) else {
                return Err(error);
            };
            before_pause(&error, pause);
            sleep(pause).await;
        }
    }

    /// The same for a future that must be `Send`: the compiler cannot see that of the futures that
    /// an `AsyncFnMut` returns, so here the caller writes the loop.
    pub fn begin(&self) -> Attempts<impl Iterator<Item = Duration> + use<>> {
        Attempts {
            policy: *self,
            pauses: self.pauses(),
        }
    }

    /// The same for a write that must not happen twice: after each transient error and its pause,
    /// `look` finds out whether the write was carried out although its answer was lost, and what
    /// it finds is the result. It looks after the last attempt too.
    ///
    /// An error of `look` ends it.
    pub async fn retry_write<T, E: Transient>(
        &self,
        mut write: impl AsyncFnMut() -> Result<T, E>,
        mut look: impl AsyncFnMut(&E) -> Result<Option<T>, E>,
        mut before_pause: impl FnMut(&E, Duration),
    ) -> Result<T, E> {
        let mut pauses = self.pauses();
        let mut last_pause = self.first;
        loop {
            let error = match write().await {
                Ok(done) => return Ok(done),
                Err(error) if !error.is_transient() => return Err(error),
                Err(error) => error,
            };
            let next = pauses.next();
            let pause = self.obey(&error, next.unwrap_or(last_pause));
            before_pause(&error, pause);
            sleep(pause).await;
            if let Some(done) = look(&error).await? {
                return Ok(done);
            }
            match next {
                Some(next) => last_pause = next,
                None => return Err(error),
            }
        }
    }

    fn obey(&self, error: &impl Transient, pause: Duration) -> Duration {
        let asked = error.retry_after().unwrap_or_default();
        pause.max(asked.min(self.retry_after_limit))
    }
}

/// The attempts of one policy that are left: see [`RetryPolicy::begin`].
#[derive(Debug)]
pub struct Attempts<P> {
    policy: RetryPolicy,
    pauses: P,
}

impl<P: Iterator<Item = Duration>> Attempts<P> {
    /// Waits before the next attempt; the error comes back if there is none.
    pub async fn pause<E: Transient>(&mut self, error: E) -> Result<(), E> {
        match self.pause_after(&error) {
            Some(pause) => sleep(pause).await,
            None => return Err(error),
        }
        Ok(())
    }

    fn pause_after(&mut self, error: &impl Transient) -> Option<Duration> {
        let pause = self.pauses.next().filter(|_| error.is_transient())?;
        Some(self.policy.obey(error, pause))
    }
}

/// Looks at once and then after each of the `pauses`, until `look` finds something. `None` means
/// that the deadline passed, or that the pauses ended, and the last look found nothing.
///
/// The last look is made at the deadline. For a steady rhythm pass `std::iter::repeat(pause)`, for
/// growing pauses [`RetryPolicy::pauses`]. An error of `look` ends it.
pub async fn poll<T, E>(
    pauses: impl IntoIterator<Item = Duration>,
    deadline: Instant,
    mut look: impl AsyncFnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let mut pauses = pauses.into_iter();
    loop {
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match pauses.next() {
            Some(pause) if !left.is_zero() => sleep(pause.min(left)).await,
            _ => return Ok(None),
        }
    }
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
