//! The evidence from which a cause is derived.

use ecs_model::{ServiceEvent, TargetHealth};

use super::group::Group;
use super::waiting::Waiting;

/// Everything that may explain why a deployment failed, the most direct evidence first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Failed tasks in groups, with the logs that could be read; the largest group first.
    pub groups: &'a [Group],
    /// Tasks that cannot become healthy although none of them stopped.
    pub waiting: &'a [Waiting],
    /// Targets of our tasks that are not healthy.
    pub targets: &'a [TargetHealth],
    /// Tasks that were stopped for a reason that is not their own, e.g. by a person.
    pub stopped: &'a [Group],
    /// Events since our deployment began, oldest first.
    pub events: &'a [ServiceEvent],
    /// `statusReason`, `rolloutStateReason`, or an alarm's names.
    pub reason: Option<&'a str>,
}
