//! One task's life.

use super::line::{Line, Ms};

/// A task on the time line.
#[derive(Debug, Clone)]
pub(crate) struct TaskLife {
    /// Also the last part of its address.
    pub id: usize,
    /// The number of the deployment that started it.
    pub deployment: u64,
    pub task_definition: u32,
    /// Whether `startedBy` does not name its deployment.
    pub is_anonymous: bool,
    pub created: Ms,
    /// Absent for one that never started.
    pub running: Option<Ms>,
    /// HEALTHY, UNHEALTHY, UNKNOWN.
    pub health: Line<&'static str>,
    /// The state of its target; not registered if there is none.
    pub target: Line<Option<&'static str>>,
    pub stop: Option<Stop>,
}

/// How a task ended.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    /// From this moment it is meant to stop.
    pub asked: Ms,
    pub stopped: Ms,
    pub code: &'static str,
    pub reason: String,
    pub exit: Option<i32>,
    /// Whether it counts as a failure of the deployment.
    pub is_failure: bool,
}

impl TaskLife {
    pub fn runs_at(&self, moment: Ms) -> bool {
        self.running.is_some_and(|from| from <= moment) && !self.is_stopping_at(moment)
    }

    pub fn is_stopping_at(&self, moment: Ms) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.asked <= moment)
    }

    /// Whether it runs, passes its own check (if it has one), and is healthy in its target group
    /// (if there is one).
    pub fn is_healthy_at(&self, moment: Ms, has_check: bool, has_targets: bool) -> bool {
        self.runs_at(moment)
            && (!has_check || *self.health.at(moment) == "HEALTHY")
            && (!has_targets || *self.target.at(moment) == Some("healthy"))
    }

    /// Its moments of change.
    pub fn moments(&self) -> impl Iterator<Item = Ms> {
        let health = self.health.changes().map(|(at, _)| at);
        let target = self.target.changes().map(|(at, _)| at);
        self.lifecycle().chain(health).chain(target)
    }

    pub fn last_change(&self) -> Ms {
        self.moments().max().unwrap_or(self.created)
    }

    /// How many changes ECS shows up to a moment: AWS's `version`; 0 before it is created.
    pub fn version(&self, moment: Ms) -> usize {
        let health = self.health.changes().map(|(at, _)| at);
        let seen = self.lifecycle().chain(health);
        seen.filter(|at| *at <= moment).count()
    }

    /// When it is created, runs, is meant to stop, has stopped.
    pub fn lifecycle(&self) -> impl Iterator<Item = Ms> {
        let stop = self.stop.iter().flat_map(|stop| [stop.asked, stop.stopped]);
        std::iter::once(self.created)
            .chain(self.running)
            .chain(stop)
    }
}
