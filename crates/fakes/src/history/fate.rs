//! Writes a history: the possible outcomes of a task.

/// The outcome of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Becomes healthy and stays so.
    Good,
    /// Healthy, then unhealthy for a while, then healthy again.
    Flapping,
    /// Its program exits.
    Crash,
    /// It runs well, and is stopped for a reason that is not its own.
    Taken,
    /// It never runs.
    NoStart,
    /// It runs, and its health check fails until ECS stops it.
    FailsHealth,
    /// It runs, never becomes healthy, and is not stopped.
    NeverHealthy,
}
