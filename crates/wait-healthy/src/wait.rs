//! One wait, from the first poll to the verdict, including the rollback after a timeout and the
//! probe.

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
use crate::report::WaitData;
use crate::rollback::{RollbackOutcome, request_rollback};

/// How long a requested rollback may take to start.
const ROLLBACK_START_TIMEOUT: SignedDuration = SignedDuration::from_mins(1);

/// How long a requested rollback may take to finish, with `--until-rolled-back`.
const ROLLBACK_TIMEOUT: SignedDuration = SignedDuration::from_mins(30);

pub struct Wait<'w> {
    pub context: &'w WaitContext<'w>,
    /// The HTTP client for the probe.
    pub probing: Option<Client>,
    pub poller: Poller<'w>,
    pub reporter: ProgressReporter<'w>,
    pub data: WaitData,
}

impl Wait<'_> {
    /// Polls until there is a verdict, requests a rollback if a flag says so, and runs the probe.
    ///
    /// # Errors
    /// If there is no verdict.
    pub async fn decide(&mut self) -> Result<Verdict, Error> {
        let decided = self.poller.poll(&mut self.reporter).await;
        let decided = match self.rollback_flag(&decided) {
            Some(flag) => self.roll_back(flag, decided).await,
            None => decided,
        };
        self.probe(decided?).await
    }

    /// Writes what is known now to the result.
    pub fn update_data(&mut self) {
        self.data.update(self.poller.watch.facts());
        self.context.step.data(&self.data);
    }

    /// What is known about the deployment.
    pub fn facts(&self) -> &Facts {
        self.poller.watch.facts()
    }

    /// E.g. "deployment ecs-svc/… of web". The result contains all names of the deployment.
    pub fn subject(&self) -> String {
        format!(
            "deployment {} of {}",
            self.name(),
            self.context.request.service
        )
    }

    /// The short name of the deployment.
    pub fn name(&self) -> String {
        let ours = self.facts().deployment_ref.as_ref();
        let name = ours.and_then(|ours| ours.ecs_svc_id.as_deref().or(ours.name()));
        name.unwrap_or("?").to_owned()
    }

    /// The flag that requests a rollback after this result, if one is set.
    fn rollback_flag(&self, decided: &Result<Verdict, Error>) -> Option<&'static str> {
        let time_is_up = match decided {
            Ok(verdict) => matches!(verdict.outcome, Outcome::TimedOut(_)),
            Err(error) => matches!(error, Error::Unreachable { .. }),
        };
        if time_is_up && self.context.request.on_timeout == GiveUpAction::Rollback {
            return Some("--on-timeout");
        }
        let impatient =
            matches!(decided, Ok(verdict) if matches!(verdict.decided_by, DecidedBy::FailFast(_)));
        (impatient && self.context.request.on_fail_fast == GiveUpAction::Rollback)
            .then_some("--on-fail-fast")
    }

    /// Requests the rollback and waits for it. If there is none, the first verdict remains.
    async fn roll_back(
        &mut self,
        flag: &'static str,
        decided: Result<Verdict, Error>,
    ) -> Result<Verdict, Error> {
        let subject = self.subject();
        let why_not = match request_rollback(&mut self.poller).await {
            RollbackOutcome::Requested => {
                self.reporter.line(&format!(
                    "{flag} rollback: asked ECS to roll {subject} back"
                ));
                self.data.rollback_requested_by = Some(flag);
                return self.follow(decided).await;
            }
            RollbackOutcome::NotNeeded => "it has ended or is already being rolled back".to_owned(),
            RollbackOutcome::UnknownDeployment => "its service deployment is not known".to_owned(),
            RollbackOutcome::Failed(error) => error.to_string(),
        };
        self.context.step.warn(format!(
            "{flag} rollback: ECS does not roll {subject} back: {why_not}"
        ));
        decided
    }

    async fn follow(&mut self, decided: Result<Verdict, Error>) -> Result<Verdict, Error> {
        let limit = if self.context.request.question.until_rolled_back {
            ROLLBACK_TIMEOUT
        } else {
            ROLLBACK_START_TIMEOUT
        };
        let deadline = self.context.clock.now().checked_add(limit);
        self.poller
            .watch
            .follow_rollback(deadline.unwrap_or(jiff::Timestamp::MAX));
        let followed = self.poller.poll(&mut self.reporter).await?;
        match (&followed.outcome, decided) {
            // The rollback was requested, but it did not start in time.
            (Outcome::TimedOut(_), decided) => decided,
            (Outcome::RolledBack(_) | Outcome::Failed(_) | Outcome::Stopped(_), decided) => {
                Ok(Verdict {
                    decided_by: decided.map_or(DecidedBy::Deadline, |d| d.decided_by),
                    ..followed
                })
            }
            // ECS had decided a moment before the request.
            _ => {
                self.data.rollback_requested_by = None;
                Ok(followed)
            }
        }
    }

    /// A good verdict requires a successful probe, too.
    async fn probe(&mut self, verdict: Verdict) -> Result<Verdict, Error> {
        let (Some(probe), Some(client)) = (&self.context.request.probe, &self.probing) else {
            return Ok(verdict);
        };
        if !is_good(&verdict.outcome) {
            return Ok(verdict);
        }
        let shown = probe.display_url();
        let reporter = &self.reporter;
        let changed = |instead: &str| reporter.line(&format!("probe: {shown} {instead}"));
        let left = self.poller.watch.deadline();
        let left = left.duration_since(self.context.clock.now());
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        let step = self.context.step;
        let requests = RequestLog::new(step.verbosity(), step.debug_lines());
        match probe
            .wait_for_status(client, &requests, left, changed)
            .await
        {
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

/// Whether the pipeline continues after it.
pub fn is_good(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Succeeded(_) | Outcome::Reached(..))
}
