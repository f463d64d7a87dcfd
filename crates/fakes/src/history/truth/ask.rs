//! The question about a history, and the possible answers.

use super::super::line::Ms;

/// How far a deployment has to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Completed,
    Running,
    Healthy,
    Stage(&'static str),
}

/// What is asked about a history.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    pub reach: Reach,
    pub until_rolled_back: bool,
    pub exit_on_pause: bool,
    pub fail_fast: Option<u32>,
    /// When the wait gives up.
    pub deadline: Ms,
    /// When the first look is taken.
    pub begins: Ms,
    /// The longest time between two whole rounds of looks.
    pub round: Ms,
}

/// The claimed outcome of our deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    Succeeded,
    Reached,
    Failed,
    FailedFast,
    Stopped,
    RolledBack {
        over: bool,
    },
    /// The successor, and whether it may have been a rollback.
    Superseded {
        by: Option<u64>,
        or_rolled_back: bool,
    },
    Paused,
    TimedOut,
    /// No such service, or no such deployment in it.
    NotFound,
}
