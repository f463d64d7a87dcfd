//! What later steps read: the data of the result, and the CI outputs.

use ecs_model::DeploymentRef;
use pipeline_io::Step;
use serde::Serialize;
use serde_json::Value;

use crate::plan::live::Change;
use crate::plan::verify::Check;

/// The member `data` of the result file.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultData {
    pub cluster: String,
    pub service: String,
    pub region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<Revision>,
    pub changes: Vec<ChangedMember>,
    /// The deployment to wait for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment: Option<DeploymentRef>,
    /// The deployment that was PRIMARY before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_deployment: Option<DeploymentRef>,
    /// One-off tasks in the order in which they ran.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub one_off_tasks: Vec<Value>,
    /// The ARNs of the revisions that were deregistered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deregistered_revisions: Vec<String>,
    /// The results of `verify`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// The plan of `--dry-run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Value>,
}

/// The revision that the service runs, or would run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revision {
    pub arn: String,
    /// Whether this run registered it.
    pub registered: bool,
}

/// A member that was sent. Its values are in the plan and in AWS, but not here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedMember {
    pub member: String,
}

impl ResultData {
    /// What is known without a request.
    pub fn of(cluster: &str, service: &str, region: &str) -> Self {
        Self {
            cluster: cluster.to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            ..Self::default()
        }
    }

    pub fn set_changes(&mut self, changes: &[Change]) {
        self.changes = changes
            .iter()
            .map(|c| ChangedMember {
                member: c.member.clone(),
            })
            .collect();
    }

    /// Writes the result data and the outputs for later steps of the CI job.
    pub fn publish(&self, step: &Step) {
        if let Some(name) = self.deployment.as_ref().and_then(DeploymentRef::name) {
            step.output("deployment", name);
        }
        if let Some(action) = self.action {
            step.output("action", action);
        }
        if let Some(revision) = &self.task_definition {
            step.output("task-definition-arn", &revision.arn);
        }
        // The names may come from a file or from the outputs, so wait-healthy needs them.
        step.output("cluster", &self.cluster);
        step.output("service", &self.service);
        step.data(self);
    }
}
