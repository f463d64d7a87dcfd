//! Bridge mode: a target is an instance and a port, which cannot be matched to a task.

use super::super::line::Ms;
use super::{Reach, Truth};

impl Truth<'_> {
    /// Whether the target of each task is known.
    pub(super) fn matches_targets(&self) -> bool {
        self.history.has_targets && !self.history.is_bridged
    }

    /// A number of good tasks. In bridge mode it is at most the number of targets, of any task, that
    /// are healthy at one of these moments.
    pub(super) fn limited_by_instances(&self, good: u32, moments: &[Ms]) -> u32 {
        if !self.history.is_bridged || self.ask.reach == Reach::Running {
            return good;
        }
        let served = self.history.tasks.iter().filter(|task| {
            let mut moments = moments.iter();
            moments.any(|at| *task.target.at(*at) == Some("healthy"))
        });
        good.min(served.count() as u32)
    }
}
