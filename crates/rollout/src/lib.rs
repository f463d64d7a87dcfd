//! Derives verdict and cause of an ECS deployment from what was observed. Pure: no clock, no network,
//! no files.
#![doc = include_str!("../MODEL.md")]

pub mod cause;
mod facts;
mod indirect;
mod intervention;
mod judge;
mod observation;
mod question;
mod record;
mod sightings;
mod tally;
mod tasks;
mod timing;
mod verdict;
mod watch;

pub use facts::{DeploymentEnd, Facts, ListingHistory, ReadSpan, Reading, ServiceHistory};
pub use intervention::RollbackRequest;
pub use judge::{PendingReads, judge, next_reads};
pub use observation::Observation;
pub use question::{Limit, ParseUntilError, Question, Until};
pub use sightings::Sightings;
pub use tally::{Tally, TaskState};
pub use timing::deadline;
pub use verdict::{
    DecidedBy, EvidenceSource, Failed, Judgment, Outcome, Paused, Proof, ProofGap, Refusal,
    RolledBack, Stopped, Successor, Superseded, Verdict,
};
pub use watch::Watch;
