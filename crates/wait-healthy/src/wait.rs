//! One wait: from the first look to a verdict, with what was asked for besides: a rollback when
//! time is up, and a probe.

use std::time::Duration;

use jiff::SignedDuration;
use pipeline_http::RequestLog;
use reqwest::Client;
use rollout::{DecidedBy, Facts, Failed, Outcome, Verdict};

use crate::args::GiveUpAction;
use crate::context::WaitContext;
use crate::error::Error;
use crate::poller::Poller;
use crate::progress::ProgressReporter;
use crate::report::Data;
use crate::rollback::{RollbackOutcome, take_back};

/// How long a rollback that was asked for may take to begin.
const BEGINS_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// How long it may take to its end, where that is waited for.
const ENDS_WITHIN: SignedDuration = SignedDuration::from_mins(30);

pub struct Wait<'w> {
    pub context: &'w WaitContext<'w>,
    /// What the probe is asked with.
    pub probing: Option<Client>,
    pub poller: Poller<'w>,
    pub reporter: ProgressReporter<'w>,
    pub data: Data,
}

impl Wait<'_> {
    /// Watches to a verdict, steps in where that was asked for, and probes.
    pub async fn decide(&mut self) -> Result<Verdict, Error> {
        let decided = self.poller.poll(&mut self.reporter).await;
        let decided = match self.steps_in(&decided) {
            Some(flag) => self.step_in(flag, decided).await,
            None => decided,
        };
        self.probe(decided?).await
    }

    /// Takes what is known by now into the result.
    pub fn update_data(&mut self) {
        self.data.update(self.poller.watch.facts());
        self.context.step.data(&self.data);
    }

    /// What is known of the deployment by now.
    pub fn facts(&self) -> &Facts {
        self.poller.watch.facts()
    }

    /// "deployment ecs-svc/… of web": the short name is for people, the result has them all.
    pub fn subject(&self) -> String {
        format!(
            "deployment {} of {}",
            self.name(),
            self.context.plan.service
        )
    }

    /// The deployment's short name.
    pub fn name(&self) -> String {
        let ours = self.facts().deployment_ref.as_ref();
        let name = ours.and_then(|ours| ours.ecs_svc_id.as_deref().or(ours.name()));
        name.unwrap_or("?").to_owned()
    }

    /// The flag that asks for a rollback after this.
    fn steps_in(&self, decided: &Result<Verdict, Error>) -> Option<&'static str> {
        let time_is_up = match decided {
            Ok(verdict) => matches!(verdict.outcome, Outcome::TimedOut(_)),
            Err(error) => matches!(error, Error::OutOfReach { .. }),
        };
        if time_is_up && self.context.plan.on_timeout == GiveUpAction::Rollback {
            return Some("--on-timeout");
        }
        let impatient =
            matches!(decided, Ok(verdict) if matches!(verdict.decided_by, DecidedBy::FailFast(_)));
        (impatient && self.context.plan.on_fail_fast == GiveUpAction::Rollback)
            .then_some("--on-fail-fast")
    }

    /// Asks for the rollback and watches it. What was decided stands where there is none.
    async fn step_in(
        &mut self,
        flag: &'static str,
        decided: Result<Verdict, Error>,
    ) -> Result<Verdict, Error> {
        let subject = self.subject();
        let why_not = match take_back(&mut self.poller).await {
            RollbackOutcome::Requested => {
                self.reporter.line(&format!(
                    "{flag} rollback: asked ECS to roll {subject} back"
                ));
                self.data.rollback_requested_by = Some(flag);
                return self.follow(decided).await;
            }
            RollbackOutcome::NotNeeded => "it is at its end, or on its way back already".to_owned(),
            RollbackOutcome::UnknownDeployment => "its service deployment is not known".to_owned(),
            RollbackOutcome::Failed(error) => error.to_string(),
        };
        self.context.step.warn(format!(
            "{flag} rollback: ECS does not roll {subject} back: {why_not}"
        ));
        decided
    }

    async fn follow(&mut self, decided: Result<Verdict, Error>) -> Result<Verdict, Error> {
        let limit = if self.context.plan.question.until_rolled_back {
            ENDS_WITHIN
        } else {
            BEGINS_WITHIN
        };
        let deadline = self.context.clock.now().checked_add(limit);
        self.poller
            .watch
            .follow_rollback(deadline.unwrap_or(jiff::Timestamp::MAX));
        let followed = self.poller.poll(&mut self.reporter).await?;
        match (&followed.outcome, decided) {
            // Asked, and nothing came of it that could be seen.
            (Outcome::TimedOut(_), decided) => decided,
            (Outcome::RolledBack(_) | Outcome::Failed(_) | Outcome::Stopped(_), decided) => {
                Ok(Verdict {
                    decided_by: decided.map_or(DecidedBy::Deadline, |d| d.decided_by),
                    ..followed
                })
            }
            // ECS had come to its own decision a moment before.
            _ => {
                self.data.rollback_requested_by = None;
                Ok(followed)
            }
        }
    }

    /// A good verdict needs the probe's answer, too.
    async fn probe(&mut self, verdict: Verdict) -> Result<Verdict, Error> {
        let (Some(probe), Some(client)) = (&self.context.plan.probe, &self.probing) else {
            return Ok(verdict);
        };
        if !is_good(&verdict.outcome) {
            return Ok(verdict);
        }
        let shown = probe.shown();
        let reporter = &self.reporter;
        let told = |instead: &str| reporter.line(&format!("probe: {shown} {instead}"));
        let left = self.poller.watch.deadline();
        let left = left.duration_since(self.context.clock.now());
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        let step = self.context.step;
        let requests = RequestLog::new(step.verbosity(), step.debug_lines());
        match probe.holds(client, &requests, left, told).await {
            Ok(answered) => {
                self.data.probe = Some(answered);
                Ok(verdict)
            }
            Err(instead) => Ok(Verdict {
                outcome: Outcome::Failed(Failed::Probe { instead }),
                decided_by: DecidedBy::Probe,
                ..verdict
            }),
        }
    }
}

/// Whether the pipeline goes on after it.
pub fn is_good(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Succeeded(_) | Outcome::Reached(..))
}
