//! What was observed of an ECS deployment → verdict and cause. No clock, no network, no files.
#![doc = include_str!("../MODEL.md")]

pub mod cause;
mod judge;
mod question;
mod tally;
mod verdict;
mod watch;

pub use question::{Limit, ParseUntilError, Question, Until};
pub use tally::{Tally, TaskState};
pub use verdict::{
    Basis, DecidedBy, Failed, Judgement, Outcome, Paused, Proof, Refusal, RolledBack, Stopped,
    Successor, Superseded, Verdict, WayBack,
};
pub use watch::{Sight, Wants, Watch};
