//! Why tasks of a deployment stop.
//!
//! Decided here: which stops count as failures, how they are grouped, and their diagnosis. Never here:
//! whether the deployment failed.

mod candidate;
mod catalogue;
mod diagnosis;
mod evidence;
mod exit_code;
mod group;
mod known_cause;
mod page;
mod plain;
mod reason;
mod waiting;

pub use catalogue::{cause_of_exit_code, cause_of_log_line, cause_of_text, known_causes};
pub use diagnosis::{Diagnosis, diagnose, diagnose_text};
pub use evidence::Evidence;
pub use exit_code::{meaning, meaning_with_reason};
pub use group::{ContainerStop, Group, LogTail, group};
pub use known_cause::{Failure, KnownCause, Pattern};
pub use page::page;
pub use reason::{Denial, Operation, Problem, Reason};
pub use waiting::{Dependent, Waiting, waiting};

use ecs_model::Task;

/// Whether a stopped task counts as a failure of its deployment. Scaling in, maintenance, Spot
/// interruption and a person's `StopTask` do not count, whatever the exit codes of the containers are.
pub fn is_failure(task: &Task) -> bool {
    let reason = task.stopped_reason.as_deref().unwrap_or_default();
    match task.stop_code.as_deref() {
        Some("TaskFailedToStart" | "EssentialContainerExited") => true,
        Some("ServiceSchedulerInitiated") => reason.starts_with("Task failed "),
        Some(_) => false,
        // Responses from 2018 have no stop code.
        None => {
            !reason.is_empty()
                && !reason.starts_with("Scaling activity")
                && !reason.starts_with("Task stopped by user")
        }
    }
}
