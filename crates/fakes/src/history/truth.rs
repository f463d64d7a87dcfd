//! The truth about a history: which verdicts are right at a moment, and by when one is due.
//!
//! A verdict is right if it was true at a moment that was still visible when it was given, and
//! nothing earlier should have been reported instead. If an early look and a late one
//! may rightly lead to two verdicts (health that flaps within one look, a state that is half a second
//! old), both are right; if looking long enough always leads to one, only that one is right.

mod ask;
mod bridge;
mod churn;
mod due;

use super::line::Ms;
use super::task::TaskLife;
use super::window::Window;
use super::{BEFORE, End, History, OURS};
pub use ask::{Ask, Claim, Reach};

/// The truth about a history, seen through a window, for one question.
#[derive(Debug, Clone)]
pub struct Truth<'a> {
    history: &'a History,
    ask: Ask,
    lag: Ms,
    /// The time that the reads of one round take.
    round_trip: Ms,
    gap: Option<(Ms, Ms)>,
    /// Additional looks, if some reads are refused.
    patience: Ms,
    by_service: bool,
}

const STAGES: [&str; 11] = [
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
];

impl<'a> Truth<'a> {
    /// The truth about `history` that is visible through `window`.
    pub fn of(history: &'a History, window: &Window, ask: Ask) -> Self {
        // A read that is refused is tried again at the next look; with a quarter of them refused,
        // a whole round may take many.
        let patience = match window.loss {
            0 => 0,
            _ => ask.round * 12,
        };
        Self {
            history,
            ask,
            lag: window.lag,
            round_trip: 6 * window.slowest_read(),
            gap: window.gap,
            patience,
            by_service: window.is_denied,
        }
    }

    /// Whether this verdict, given at this moment, is right.
    ///
    /// # Errors
    /// A sentence that explains why it is wrong.
    pub fn check(&self, claim: &Claim, at: Ms) -> Result<(), String> {
        let due = self.due();
        if at > due {
            return Err(format!("{claim:?} at {at}: a verdict was due at {due}"));
        }
        if self.is_true(claim, at) {
            return Ok(());
        }
        Err(format!(
            "{claim:?} at {at} is not true; the end is {:?}",
            self.history.end
        ))
    }

    /// The oldest moment that a look may show.
    fn memory(&self) -> Ms {
        self.lag + 5_000 + self.round_trip
    }

    fn is_true(&self, claim: &Claim, at: Ms) -> bool {
        let history = self.history;
        match claim {
            // The service alone shows that our revision is deployed, not that it is for the second time.
            Claim::Succeeded | Claim::Reached if self.by_service && self.has_returned(at) => true,
            Claim::Succeeded => {
                self.ask.reach == Reach::Completed
                    && self.success().is_some_and(|done| {
                        done <= at && (self.was_enough(done, at) || self.only_churns(done, at))
                    })
            }
            Claim::Reached => self.is_reached(at),
            Claim::Failed => match history.end {
                End::Failed(failed) => failed <= at,
                End::RolledBack { over, worked, .. } => !worked && !self.by_service && over <= at,
                _ => false,
            },
            Claim::FailedFast => self.is_failed_fast(at),
            Claim::Stopped => match history.end {
                End::Stopped(stopped) => stopped <= at && !self.by_service,
                End::Deleted(deleted) => deleted <= at,
                _ => false,
            },
            Claim::RolledBack { over: is_over } => match history.end {
                End::RolledBack {
                    begun,
                    over,
                    worked,
                } => {
                    let needed = *is_over || self.ask.until_rolled_back;
                    begun <= at
                        && (!needed || (over <= at && worked))
                        && (worked || self.by_service || at <= over + self.memory() + self.slack())
                }
                _ => false,
            },
            Claim::Superseded { by, or_rolled_back } => {
                self.is_superseded(*by, *or_rolled_back, at)
            }
            Claim::Paused => {
                self.ask.exit_on_pause
                    && history
                        .ours()
                        .paused
                        .within(at - self.memory(), at)
                        .any(|paused| *paused)
            }
            Claim::TimedOut => at >= self.ask.deadline,
            Claim::NotFound => self.is_unseen(at),
        }
    }

    /// Whether our deployment was never visible: it ended before or between the possible looks.
    fn is_unseen(&self, at: Ms) -> bool {
        let history = self.history;
        let deleted = matches!(history.end, End::Deleted(deleted) if deleted <= at);
        let row = history.classics.iter().find(|c| c.number == OURS);
        let shown = row.is_some_and(|row| row.status.at(at).is_some());
        let hidden = self
            .gap
            .is_some_and(|(from, _)| from <= self.ask.begins + self.ask.round);
        deleted || (self.by_service && !shown && hidden)
    }

    /// When ECS's own success is first visible.
    fn success(&self) -> Option<Ms> {
        let End::Successful(done) = self.history.end else {
            return None;
        };
        if !self.by_service {
            return Some(done);
        }
        let row = self.history.classics.iter().find(|c| c.number == OURS)?;
        let mut changes = row.rollout.changes();
        changes
            .find(|(_, state)| **state == "COMPLETED")
            .map(|(at, _)| at)
    }

    /// The number of tasks that are required at a moment: those desired, and no more than ECS had
    /// requested when it completed the deployment.
    fn required(&self, at: Ms, done: Option<Ms>) -> u32 {
        let desired = *self.history.desired.at(at);
        match done {
            Some(done) => desired.min(self.asked_for(done)),
            None => desired,
        }
    }

    /// The number of tasks that ECS requested when it completed the deployment. The service alone does not keep the
    /// number: it is the one of the first look after that.
    fn asked_for(&self, done: Ms) -> u32 {
        let until = if self.by_service {
            done + self.slack()
        } else {
            done
        };
        let desired = self.history.desired.within(done, until);
        desired.copied().max().unwrap_or_default()
    }

    fn is_good(&self, task: &TaskLife, at: Ms) -> bool {
        match self.ask.reach {
            Reach::Running => task.runs_at(at),
            _ => task.is_healthy_at(at, self.history.has_container_check, self.matches_targets()),
        }
    }

    fn good(&self, at: Ms) -> u32 {
        let good = self.history.our_tasks().filter(|t| self.is_good(t, at));
        self.limited_by_instances(good.count() as u32, &[at])
    }

    /// Whether enough tasks were healthy at some moment that is visible at `at` and not before `since`.
    /// The looks at tasks and at targets are some time apart: each task has to be good in both.
    fn was_enough(&self, since: Ms, at: Ms) -> bool {
        let from = (since - self.lag).max(at - self.memory());
        let moments = self.moments(from, at);
        // The smallest number is sufficient for a verdict to be right.
        let asked = *self.history.desired.at(since);
        let needed = moments
            .iter()
            .map(|m| self.required(*m, None).min(asked))
            .min()
            .unwrap_or(0);
        self.seen_good(&moments) >= needed
    }

    fn seen_good(&self, moments: &[Ms]) -> u32 {
        let check = self.history.has_container_check;
        let targets = self.matches_targets() && self.ask.reach != Reach::Running;
        let check = check && self.ask.reach != Reach::Running;
        let good = self.history.our_tasks().filter(|task| {
            let ran = moments.iter().any(|m| task.is_healthy_at(*m, check, false));
            let served = !targets
                || moments
                    .iter()
                    .any(|m| *task.target.at(*m) == Some("healthy"));
            ran && served
        });
        self.limited_by_instances(good.count() as u32, moments)
    }

    /// The moments of change within a span, and its ends.
    fn moments(&self, from: Ms, to: Ms) -> Vec<Ms> {
        let tasks = self.history.our_tasks().flat_map(TaskLife::moments);
        let desired = self.history.desired.changes().map(|(at, _)| at);
        let mut moments: Vec<Ms> = tasks
            .chain(desired)
            .filter(|at| *at > from && *at < to)
            .collect();
        moments.extend([from, to]);
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// The stage that was asked for, or a later one, begins.
    fn stage_begins(&self) -> Option<Ms> {
        let Reach::Stage(asked) = self.ask.reach else {
            return None;
        };
        let rank = |stage: &str| STAGES.iter().position(|s| *s == stage);
        let begun = self
            .history
            .ours()
            .stage
            .changes()
            .find(|(_, stage)| stage.is_some_and(|stage| rank(stage) >= rank(asked)));
        begun.map(|(at, _)| at)
    }

    fn is_reached(&self, at: Ms) -> bool {
        let done = self.success().filter(|done| *done <= at);
        match self.ask.reach {
            Reach::Completed => false,
            Reach::Stage(_) => {
                done.is_some() || self.stage_begins().is_some_and(|begun| begun <= at)
            }
            Reach::Running | Reach::Healthy => {
                let is_enough = |done| self.was_enough(done, at) || self.only_churns(done, at);
                if done.is_some_and(is_enough) {
                    return true;
                }
                let from = at - self.memory();
                let moments = self.moments(from, at);
                let needed = moments
                    .iter()
                    .map(|m| self.required(*m, None))
                    .filter(|n| *n > 0)
                    .min();
                let ended = self
                    .end_begins()
                    .is_some_and(|end| at > end + self.memory() + self.slack());
                !ended && needed.is_some_and(|needed| self.seen_good(&moments) >= needed)
            }
        }
    }

    fn failures(&self) -> Vec<Ms> {
        let stops = self.history.our_tasks().filter_map(|t| t.stop.as_ref());
        let mut failures: Vec<Ms> = stops.filter(|s| s.is_failure).map(|s| s.asked).collect();
        failures.sort_unstable();
        failures
    }

    fn is_failed_fast(&self, at: Ms) -> bool {
        let Some(limit) = self.ask.fail_fast else {
            return false;
        };
        let enough = self.failures().iter().filter(|f| **f <= at).count() >= limit as usize;
        let ended = self
            .end_begins()
            .is_some_and(|end| at > end + self.memory() + self.slack());
        enough && !ended && !self.was_surely_healthy(at)
    }

    /// A task was healthy for so long that the looks cannot have missed it.
    fn was_surely_healthy(&self, at: Ms) -> bool {
        self.any_healthy_for(at, self.slack())
    }

    /// Whether a task is healthy for `long` without a break, up to `at`.
    fn any_healthy_for(&self, at: Ms, long: Ms) -> bool {
        let history = self.history;
        history.our_tasks().any(|task| {
            let mut since: Option<Ms> = None;
            let mut moments: Vec<Ms> = task.moments().filter(|m| *m <= at).collect();
            moments.sort_unstable();
            moments.push(at);
            moments.into_iter().any(|moment| {
                let before = since;
                let healthy =
                    task.is_healthy_at(moment, history.has_container_check, self.matches_targets());
                if healthy {
                    since.get_or_insert(moment);
                } else {
                    since = None;
                }
                before.is_some_and(|from| self.sees(from, moment, long))
            })
        })
    }

    fn is_superseded(&self, by: Option<u64>, or_rolled_back: bool, at: Ms) -> bool {
        let next = self.history.deployments.iter().find(|d| d.id == "next");
        let is_next = |begun: Ms| {
            let named = next.is_some_and(|n| by.is_none_or(|by| by == n.target));
            // Seen from the service alone, after a gap, what is there now may be what the
            // successor was rolled back to.
            let after_it = self.by_service && by == Some(BEFORE);
            begun <= at && (named || after_it)
        };
        match self.history.end {
            End::Superseded(_) => {
                next.is_some_and(|n| is_next(n.created)) && (self.by_service || !or_rolled_back)
            }
            // ECS completed our deployment, but its tasks were not seen healthy in time.
            End::Successful(_) => {
                next.is_some_and(|n| is_next(n.created))
                    && self.success_is_due().is_none_or(|due| at < due)
            }
            End::RolledBack { begun, .. } => self.by_service && or_rolled_back && begun <= at,
            // The service alone does not show the stop, only the successor.
            End::Stopped(_) => self.by_service && next.is_some_and(|n| is_next(n.created)),
            _ => false,
        }
    }

    fn has_returned(&self, at: Ms) -> bool {
        self.history.returned.is_some_and(|over| over <= at)
    }

    /// When our deployment's end begins.
    fn end_begins(&self) -> Option<Ms> {
        match self.history.end {
            End::Successful(_) | End::Stuck => None,
            // The classic deployment does not show it.
            End::Stopped(_) if self.by_service => None,
            End::RolledBack { begun, .. } => Some(begun),
            End::Failed(at) | End::Superseded(at) | End::Stopped(at) | End::Deleted(at) => Some(at),
        }
    }
}
