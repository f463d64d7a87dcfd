//! What the result file holds, and the state of a deployment as it is told.

use std::collections::BTreeMap;

use ecs_model::{DeploymentRef, DeploymentStrategy, RolloutState};
use jiff::Timestamp;
use rollout::{Facts, Outcome, Successor, Verdict};
use serde::Serialize;

use crate::cause::Cause;
use crate::probe::ProbeResult;

/// The verb's part of the result file.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    pub cluster: String,
    pub service: String,
    pub region: String,
    pub deployment: Option<DeploymentRef>,
    pub until: &'static str,
    pub summary: Option<String>,
    /// Who decided: `ecs`, `fail-fast`, `deadline` or `probe`.
    pub decided_by: Option<&'static str>,
    /// What it was read from: `service-deployment`, or `service`, which tells less.
    pub evidence: Option<&'static str>,
    /// The flag by which ECS was asked for a rollback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_requested_by: Option<&'static str>,
    /// The revision, or `ecs-svc/…` id, that runs again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<SupersededBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<Pause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeResult>,
    pub cause: Option<Cause>,
    pub tasks: Tasks,
    /// ECS's own state at the last look.
    pub state: Option<State>,
}

/// The deployment that took over.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SupersededBy {
    pub service_deployment_arn: Option<String>,
    pub revision: Option<String>,
    pub task_definition: Option<String>,
    /// From the service alone it may as well have been a rollback.
    pub possibly_rolled_back: bool,
}

/// The pause that a person has to end.
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

impl Data {
    /// Takes in what is known by now.
    pub fn update(&mut self, facts: &Facts) {
        let known = facts.deployment_ref.clone();
        self.deployment = known.or_else(|| self.deployment.take());
        let state = State::of(facts);
        self.tasks = state.tasks;
        self.state = facts.service().is_some().then_some(state);
    }

    /// Takes in a verdict.
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

/// Our deployment's tasks at the last look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tasks {
    pub running: u32,
    pub pending: u32,
    pub healthy: u32,
    pub desired: Option<u32>,
    /// Those that stopped and should not have.
    pub stopped: usize,
}

/// Our deployment at one look.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// ECS's own word.
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_paused: bool,
    /// The share of the traffic that the new revision gets, in percent, where it is shifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_percent: Option<f64>,
    pub tasks: Tasks,
}

impl State {
    pub fn of(facts: &Facts) -> Self {
        let deployment = facts.service_deployment.as_ref();
        let tally = facts.tally();
        // A new deployment asks for no tasks at first; the service says how many it will be.
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
            tasks: Tasks {
                running: tally.running,
                pending: tally.pending,
                healthy: tally.healthy,
                desired,
                stopped: facts.failed_tasks().count(),
            },
        }
    }

    /// The status with its stage, as `IN_PROGRESS at BAKE_TIME, paused`.
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

    /// On one line, as `IN_PROGRESS · 1 of 2 tasks healthy · 2 running, 1 stopped`.
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

    /// As `1 of 2 tasks healthy`.
    pub fn healthy(&self) -> String {
        match self.tasks.desired {
            Some(desired) => format!("{} of {desired} tasks healthy", self.tasks.healthy),
            None => format!("{} tasks healthy", self.tasks.healthy),
        }
    }
}

/// ECS's own word for the state: the service deployment's, else the classic deployment's.
fn status(facts: &Facts) -> String {
    if let Some(deployment) = facts.service_deployment.as_ref() {
        return deployment.status.as_str().to_owned();
    }
    let ours = facts.deployment_ref.as_ref();
    let classic = ours.and_then(|ours| facts.service()?.deployment(ours.ecs_svc_id.as_deref()?));
    let word = classic.map_or("not seen yet", |deployment| {
        match deployment.rollout_state {
            Some(RolloutState::Completed) => "COMPLETED",
            Some(RolloutState::Failed) => "FAILED",
            _ => "IN_PROGRESS",
        }
    });
    word.to_owned()
}

/// Counts what occurs, as `PENDING 1 · RUNNING 2`, in the order of the words.
pub fn counted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let counted: Vec<String> = counts
        .into_iter()
        .map(|(word, count)| format!("{word} {count}"))
        .collect();
    counted.join(" · ")
}
