//! Retries and polling: one policy for every request that the AWS SDK does not send (the SDK retries
//! its own), and one loop for waiting until a condition is met.
//!
//! Decided here: how pauses grow, how long a server's Retry-After is obeyed, and when retrying stops.
//! Never here: which errors are transient (each crate's error implements [`Transient`]), or what is
//! printed in between.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::{Instant, sleep};

/// An error that knows whether another attempt may succeed.
pub trait Transient {
    /// Whether the same request may succeed if it is sent again.
    fn is_transient(&self) -> bool;

    /// The pause that the server requests (Retry-After), if it does.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// The number of attempts, and the pauses between them.
///
/// The default is for registries: six attempts within about ten seconds, with jitter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// The number of attempts, including the first one.
    pub tries: usize,
    /// The first pause.
    pub first: Duration,
    /// The factor by which each pause is longer than the previous one.
    pub factor: f32,
    /// The longest pause, before jitter.
    pub longest: Duration,
    /// Whether each pause is made longer at random, up to twice as long, so that pipelines that were
    /// throttled at the same time do not return at the same time.
    pub has_jitter: bool,
    /// The longest pause that a server's Retry-After can cause.
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
    /// The pauses between the attempts. There is one pause fewer than attempts.
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

    /// Repeats `attempt` until it succeeds. `before_pause` receives each error and the pause that
    /// follows it.
    ///
    /// # Errors
    /// The first error that is not transient, or the error of the last attempt.
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

    /// The same for a future that must be `Send`. The compiler cannot prove that for the futures of an
    /// `AsyncFnMut`, so the caller writes the loop.
    pub fn begin(&self) -> Attempts<impl Iterator<Item = Duration> + use<>> {
        Attempts {
            policy: *self,
            pauses: self.pauses(),
        }
    }

    /// The same for a write that must not happen twice. After each transient error and its pause,
    /// `look` checks whether the write was carried out although its response was lost. If it finds
    /// the result, that is returned. It also looks after the last attempt.
    ///
    /// # Errors
    /// The first error of `look`, the first error of `write` that is not transient, or the error of
    /// the last attempt.
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
        let requested = error.retry_after().unwrap_or_default();
        pause.max(requested.min(self.retry_after_limit))
    }
}

/// The remaining attempts of a policy: see [`RetryPolicy::begin`].
#[derive(Debug)]
pub struct Attempts<P> {
    policy: RetryPolicy,
    pauses: P,
}

impl<P: Iterator<Item = Duration>> Attempts<P> {
    /// Waits before the next attempt.
    ///
    /// # Errors
    /// `error`, if it is not transient or no attempt is left.
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

/// Calls `look` at once and then after each of the `pauses`, until it finds something. The last call
/// is at the deadline. `None` means that the deadline passed or the pauses ended.
///
/// For equal pauses pass `std::iter::repeat(pause)`, for growing pauses [`RetryPolicy::pauses`].
///
/// # Errors
/// The first error of `look`.
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
