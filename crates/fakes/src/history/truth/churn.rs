//! Services whose tasks are replaced all the time: when such a service counts as healthy.

use super::super::line::Ms;
use super::super::task::TaskLife;
use super::Truth;

/// How long all tasks should be healthy at one time, before replacements are accepted.
const PATIENCE: Ms = 15_000;

impl Truth<'_> {
    /// Whether as many tasks as needed were healthy since `done`, almost all of them at one time, and
    /// nothing is unhealthy. One of three tasks may be missing, and every tenth.
    pub(super) fn only_churns(&self, done: Ms, at: Ms) -> bool {
        if at < done + PATIENCE {
            return false;
        }
        let from = (done - self.lag).max(at - self.memory());
        let moments = self.moments(from, at);
        let asked = *self.history.desired.at(done);
        let needed = moments.iter().map(|m| self.required(*m, None).min(asked));
        let needed = needed.min().unwrap_or(0);
        let missing = (needed / 10).max(u32::from(needed >= 3));
        let all = self.moments((done - self.lag).max(0), at);
        self.seen_good(&all) >= needed
            && self.seen_good(&moments) >= needed - missing
            && !self.failed_after(done, from)
            && !self
                .history
                .our_tasks()
                .any(|task| self.is_unhealthy(task, &moments))
    }

    fn failed_after(&self, done: Ms, by: Ms) -> bool {
        let failures = self.failures();
        failures.iter().any(|failed| *failed > done && *failed < by)
    }

    /// Whether a task is reported unhealthy at each of these moments.
    fn is_unhealthy(&self, task: &TaskLife, moments: &[Ms]) -> bool {
        let history = self.history;
        let fails_check =
            |at: Ms| history.has_container_check && *task.health.at(at) == "UNHEALTHY";
        let is_refused =
            |at: Ms| self.matches_targets() && *task.target.at(at) == Some("unhealthy");
        moments
            .iter()
            .all(|at| task.runs_at(*at) && (fails_check(*at) || is_refused(*at)))
    }
}
