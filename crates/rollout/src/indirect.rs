//! Tasks that explain why a deployment does not succeed although they did not fail themselves.
//!
//! Decided here: which tasks these are. Never here: what follows for the verdict or the cause.

use ecs_model::Task;

use crate::cause::{self, Waiting};
use crate::facts::{Facts, WRITE_SLACK};

impl Facts {
    /// Our tasks that were stopped for a reason that is not their own: by a person, because Spot capacity
    /// was reclaimed, or because ECS scaled in.
    pub fn tasks_stopped_by_others(&self) -> impl Iterator<Item = &Task> {
        let written = self.written_at();
        let is_ours = move |task: &Task| match (task.created_at, written) {
            (Some(created), Some(written)) => created >= written - WRITE_SLACK,
            _ => true,
        };
        self.our_tasks()
            .filter(move |task| task.is_stopped() && !cause::is_failure(task) && is_ours(task))
    }

    /// What holds our current tasks up: a container that failed, for which others wait or whose health
    /// check fails.
    pub fn waiting(&self) -> Vec<Waiting> {
        let tally = self.tally();
        let tasks = tally.tasks.iter().map(|state| state.task);
        cause::waiting(tasks, self.task_definition.as_ref())
    }
}
