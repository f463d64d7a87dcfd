//! The contents of the result file, and the state of a deployment as it is shown.

use std::collections::BTreeMap;

use ecs_model::{DeploymentRef, DeploymentStrategy, RolloutState};
use jiff::Timestamp;
use rollout::{Facts, Outcome, Successor, Verdict};
use serde::Serialize;

use crate::cause::Cause;
use crate::probe::ProbeResult;

/// The `data` of the result file.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitData {
    pub cluster: String,
    pub service: String,
    pub region: String,
    pub deployment: Option<DeploymentRef>,
    pub until: &'static str,
    pub summary: Option<String>,
    /// Who decided: `ecs`, `fail-fast`, `deadline` or `probe`.
    pub decided_by: Option<&'static str>,
    /// What the verdict is based on: `service-deployment`, or `service`, which shows less.
    pub evidence: Option<&'static str>,
    /// The flag that requested the rollback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_requested_by: Option<&'static str>,
    /// The service revision, or `ecs-svc/…` ID, that is running again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<SupersededBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<Pause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeResult>,
    pub cause: Option<Cause>,
    pub tasks: TaskCounts,
    /// The state in ECS when it was last read.
    pub state: Option<DeploymentState>,
}

/// The deployment that replaced ours.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SupersededBy {
    pub service_deployment_arn: Option<String>,
    pub revision: Option<String>,
    pub task_definition: Option<String>,
    /// Whether it may also have been a rollback, which the service alone does not show.
    pub possibly_rolled_back: bool,
}

/// A pause that waits for a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pause {
    pub hook_id: Option<String>,
    pub stage: Option<&'static str>,
    pub timeout_action: Option<String>,
    pub expires_at: Option<Timestamp>,
}

impl Pause {
    pub fn of(paused: &rollout::Paused) -> Self {
        Self {
            hook_id: paused.hook_id.clone(),
            stage: paused.stage.map(|stage| stage.as_str()),
            timeout_action: paused.timeout_action.clone(),
            expires_at: paused.expires_at,
        }
    }
}

impl WaitData {
    /// Copies what is known now.
    pub fn update(&mut self, facts: &Facts) {
        let known = facts.deployment_ref.clone();
        self.deployment = known.or_else(|| self.deployment.take());
        let state = DeploymentState::of(facts);
        self.tasks = state.tasks;
        self.state = facts.service().is_some().then_some(state);
    }

    /// Copies the verdict.
    pub fn decide(&mut self, verdict: &Verdict) {
        self.decided_by = Some(verdict.decided_by.name());
        self.evidence = Some(verdict.evidence.name());
        match &verdict.outcome {
            Outcome::RolledBack(back) => self.rolled_back_to.clone_from(&back.to),
            Outcome::Superseded(superseded) => {
                let by: Successor = superseded.by.clone().unwrap_or_default();
                self.superseded_by = Some(SupersededBy {
                    service_deployment_arn: by.service_deployment_arn,
                    revision: by.revision,
                    task_definition: by.task_definition,
                    possibly_rolled_back: superseded.or_rolled_back,
                });
            }
            Outcome::Paused(paused) => self.paused = Some(Pause::of(paused)),
            _ => {}
        }
    }
}

/// The tasks of our deployment when they were last read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TaskCounts {
    pub running: u32,
    pub pending: u32,
    pub healthy: u32,
    pub desired: Option<u32>,
    /// Tasks that stopped although they should not have.
    pub stopped: usize,
}

/// Our deployment at one time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentState {
    /// The status in ECS.
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_paused: bool,
    /// The share of the traffic that the new revision gets, in percent, if the strategy shifts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_percent: Option<f64>,
    pub tasks: TaskCounts,
}

impl DeploymentState {
    pub fn of(facts: &Facts) -> Self {
        let deployment = facts.service_deployment.as_ref();
        let tally = facts.tally();
        // A new deployment requests no tasks at first. The service shows how many it will be.
        let asked = deployment.and_then(|d| d.target_service_revision.requested_task_count);
        let desired = asked
            .filter(|count| *count > 0)
            .or_else(|| facts.service()?.desired_count);
        Self {
            status: status(facts),
            stage: deployment.and_then(|d| Some(d.lifecycle_stage?.as_str())),
            is_paused: facts.pause().is_some(),
            traffic_percent: deployment
                .filter(|d| d.deployment_configuration.strategy != DeploymentStrategy::Rolling)
                .and_then(|d| {
                    d.target_service_revision
                        .requested_production_traffic_weight
                }),
            tasks: TaskCounts {
                running: tally.running,
                pending: tally.pending,
                healthy: tally.healthy,
                desired,
                stopped: facts.failed_tasks().count(),
            },
        }
    }

    /// The status with its stage, e.g. `IN_PROGRESS at BAKE_TIME, paused`.
    pub fn head(&self) -> String {
        let mut head = self.status.clone();
        if let Some(stage) = self.stage {
            head.push_str(&format!(" at {stage}"));
        }
        if self.is_paused {
            head.push_str(", paused");
        }
        head
    }

    /// One line, e.g. `IN_PROGRESS · 1 of 2 tasks healthy · 2 running, 1 stopped`.
    pub fn line(&self) -> String {
        let tasks = self.tasks;
        let mut line = format!("{} · {}", self.head(), self.healthy());
        let counts: Vec<String> = [
            (tasks.running, "running"),
            (tasks.pending, "pending"),
            (tasks.stopped as u32, "stopped"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        if !counts.is_empty() {
            line.push_str(&format!(" · {}", counts.join(", ")));
        }
        if let Some(percent) = self.traffic_percent {
            line.push_str(&format!(" · {percent} % of the traffic"));
        }
        line
    }

    /// E.g. `1 of 2 tasks healthy`.
    pub fn healthy(&self) -> String {
        match self.tasks.desired {
            Some(desired) => format!("{} of {desired} tasks healthy", self.tasks.healthy),
            None => format!("{} tasks healthy", self.tasks.healthy),
        }
    }
}

/// The status of the service deployment or, if it is not known, of the classic deployment.
fn status(facts: &Facts) -> String {
    if let Some(deployment) = facts.service_deployment.as_ref() {
        return deployment.status.as_str().to_owned();
    }
    let ours = facts.deployment_ref.as_ref();
    let classic = ours.and_then(|ours| facts.service()?.deployment(ours.ecs_svc_id.as_deref()?));
    let status = classic.map_or("not seen yet", |deployment| {
        match deployment.rollout_state {
            Some(RolloutState::Completed) => "COMPLETED",
            Some(RolloutState::Failed) => "FAILED",
            _ => "IN_PROGRESS",
        }
    });
    status.to_owned()
}

/// Counts equal texts, e.g. `PENDING 1 · RUNNING 2`, in alphabetical order.
pub fn counted<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    let counted: Vec<String> = counts
        .into_iter()
        .map(|(text, count)| format!("{text} {count}"))
        .collect();
    counted.join(" · ")
}
