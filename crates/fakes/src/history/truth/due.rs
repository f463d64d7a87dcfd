//! By when a verdict is due: a state that lasts long enough is certainly seen.

use super::super::End;
use super::super::line::Ms;
use super::{Reach, Truth};

impl Truth<'_> {
    /// The time in which a state that lasts is certainly seen.
    pub(super) fn slack(&self) -> Ms {
        self.lag + 2 * self.ask.round + self.patience
    }

    /// Whether a state that lasts from `from` to `to` is certainly seen: `long` of it, besides
    /// what is before the first look and what falls into the gap.
    pub(super) fn sees(&self, from: Ms, to: Ms, long: Ms) -> bool {
        let from = from.max(self.ask.begins);
        let hidden = self
            .gap
            .map_or(0, |(a, b)| (b.min(to) - a.max(from)).max(0));
        // Only a whole stretch beside the gap counts.
        let whole = to - from - hidden;
        whole >= if hidden > 0 { 2 * long } else { long }
    }

    /// When a state that lasts from `from` on is reported at the latest.
    pub(super) fn told_by(&self, from: Ms, long: Ms) -> Ms {
        let from = from.max(self.ask.begins);
        match self.gap {
            Some((a, b)) if from + long >= a && from < b => b.max(from) + 2 * long,
            _ => from + long,
        }
    }

    /// The first stretch, not before `from`, of enough good tasks that is certainly seen; by when.
    pub(super) fn stretch(&self, from: Ms, to: Ms, done: Option<Ms>) -> Option<Ms> {
        let mut since: Option<Ms> = None;
        for moment in self.moments(from, to) {
            if let Some(begun) = since
                && self.sees(begun, moment, self.slack())
            {
                return Some(self.told_by(begun, self.slack()));
            }
            let needed = self.required(moment, done);
            let enough = self.good(moment) >= needed && (needed > 0 || done.is_some());
            if enough {
                since.get_or_insert(moment);
            } else {
                since = None;
            }
        }
        None
    }

    /// By when success must be reported, if it must.
    pub(super) fn success_is_due(&self) -> Option<Ms> {
        let done = self.success()?;
        self.stretch(done, self.horizon(), Some(done))
    }

    /// A moment after everything, and after the deadline.
    pub(super) fn horizon(&self) -> Ms {
        self.history.over_at().max(self.ask.deadline) + 10 * self.slack() + 300_000
    }

    /// By when a verdict is due.
    pub(super) fn due(&self) -> Ms {
        let slack = self.slack();
        let mut dues = vec![self.ask.deadline + self.ask.round];
        let history = self.history;
        match history.end {
            End::Successful(_) => {
                let reached = match self.ask.reach {
                    Reach::Stage(_) => self.success().map(|done| self.told_by(done, slack)),
                    _ => self.success_is_due(),
                };
                match (reached, history.deployments.iter().find(|d| d.id == "next")) {
                    (Some(due), _) => dues.push(due),
                    (None, Some(next)) => dues.push(self.told_by(next.created, slack + 15_000)),
                    (None, None) => {}
                }
            }
            End::RolledBack {
                begun,
                over,
                worked,
            } => {
                let from = match (self.ask.until_rolled_back, self.by_service && !worked) {
                    (true, true) => self.ask.deadline,
                    (true, false) => over,
                    _ => begun,
                };
                dues.push(self.told_by(from, slack));
            }
            End::Failed(at) => dues.push(self.told_by(at, slack + 15_000)),
            End::Superseded(at) => dues.push(self.told_by(at, slack + 5_000)),
            End::Stopped(at) if !self.by_service => dues.push(self.told_by(at, 3 * slack + 12_000)),
            End::Deleted(at) => dues.push(self.told_by(at, 2 * slack + 20_000)),
            End::Stopped(_) | End::Stuck => {}
        }
        dues.extend(self.early_dues());
        dues.into_iter().min().unwrap_or(self.ask.deadline)
    }

    /// What must be reported before the end.
    pub(super) fn early_dues(&self) -> Vec<Ms> {
        let slack = self.slack();
        let history = self.history;
        let end = self
            .end_begins()
            .or(self.success())
            .unwrap_or(self.horizon());
        let mut dues = Vec::new();
        match self.ask.reach {
            Reach::Stage(_) => {
                if let Some(begun) = self.stage_begins().filter(|b| self.sees(*b, end, slack)) {
                    dues.push(self.told_by(begun, slack));
                }
            }
            // Before ECS has completed it, targets that are instances prove nothing.
            Reach::Healthy if history.is_bridged => {}
            Reach::Running | Reach::Healthy => {
                dues.extend(self.stretch(self.ask.begins, end, None))
            }
            Reach::Completed => {}
        }
        if self.ask.exit_on_pause {
            let paused: Vec<(Ms, bool)> = history
                .ours()
                .paused
                .changes()
                .map(|(at, p)| (at, *p))
                .collect();
            for pair in paused.windows(2) {
                if pair[0].1 && self.sees(pair[0].0, pair[1].0.min(end), slack) {
                    dues.push(self.told_by(pair[0].0, slack));
                }
            }
        }
        if let Some(limit) = self.ask.fail_fast
            && let Some(at) = self.failures().get(limit as usize - 1).copied()
            && !self.any_healthy_for(self.told_by(at, slack), 0)
            && self.sees(at, end, slack)
        {
            dues.push(self.told_by(at, slack));
        }
        dues
    }
}
