//! The writing of a history: the ends that a task may come to.

/// What becomes of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Healthy in the end, and for good.
    Good,
    /// Healthy, then for a while not, then again.
    Flapping,
    /// Its program ends.
    Crash,
    /// It runs well, and is taken away for no fault of its own.
    Taken,
    /// It never gets as far as running.
    NoStart,
    /// It runs, and its health check fails until ECS stops it.
    FailsHealth,
    /// It runs, and is never healthy; nobody stops it.
    NeverHealthy,
}
