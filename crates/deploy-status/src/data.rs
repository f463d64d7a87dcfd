//! The members of `data` in the result files that a report shows. All of them are optional: a step that
//! failed early writes few of them, and a newer release may write more.
//!
//! Decided here: the shape of the data. Never here: what it means.

use serde::Deserialize;
use serde_json::Value;

/// Reads the `data` of a result. If it has an unexpected shape, it counts as absent. A null member
/// counts as absent, too: a step that failed early writes many of them.
pub fn read<T: Default + for<'de> Deserialize<'de>>(data: &Value) -> T {
    T::deserialize(without_nulls(data)).unwrap_or_default()
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name.clone(), without_nulls(member)))
            .collect::<serde_json::Map<String, Value>>()
            .into(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TfOutputs {
    pub source: Option<String>,
    pub names: Vec<String>,
    pub omitted_sensitive: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EcrPush {
    pub image: Option<String>,
    pub tags: Vec<Tag>,
    pub layers: Vec<Layer>,
    pub bytes_sent: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tag {
    pub name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Layer {
    pub outcome: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RenderTaskdef {
    pub family: Option<String>,
    pub lints: Vec<Lint>,
    /// A unified diff. It never contains values of environment variables.
    pub diff: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Lint {
    pub code: String,
    pub severity: String,
    pub message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EcsDeploy {
    pub cluster: Option<String>,
    pub service: Option<String>,
    pub region: Option<String>,
    pub action: Option<String>,
    pub task_definition: TaskDefinition,
    pub deployment: Deployment,
    pub previous_deployment: Deployment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TaskDefinition {
    pub arn: Option<String>,
    pub registered: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    pub service_deployment_arn: Option<String>,
    pub ecs_svc_id: Option<String>,
    pub task_definition_arn: Option<String>,
    pub service_revision_arn: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WaitHealthy {
    pub cluster: Option<String>,
    pub service: Option<String>,
    pub region: Option<String>,
    pub summary: Option<String>,
    pub cause: Option<Cause>,
    pub tasks: Tasks,
    pub deployment: Deployment,
    pub state: EcsState,
    /// The service revision, or the `ecs-svc/…` ID, that runs again after a rollback.
    pub rolled_back_to: Option<String>,
    pub superseded_by: SupersededBy,
    pub paused: Pause,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EcsState {
    /// ECS's own word, e.g. ROLLBACK_SUCCESSFUL.
    pub status: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SupersededBy {
    pub task_definition: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pause {
    pub stage: Option<String>,
    /// What ECS does at the deadline: ROLLBACK or CONTINUE.
    pub timeout_action: Option<String>,
    /// The deadline, in RFC 3339.
    pub expires_at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tasks {
    pub healthy: Option<u64>,
    pub running: Option<u64>,
    pub desired: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cause {
    pub summary: Option<String>,
    pub remedy: Option<String>,
    pub groups: Vec<Group>,
    pub targets: Vec<Value>,
    pub events: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Group {
    pub count: u64,
    pub stop_code: Option<String>,
    pub stopped_reason: Option<String>,
    pub containers: Vec<Container>,
    pub logs: Vec<Log>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    pub name: String,
    pub exit_code: Option<i64>,
    pub meaning: Option<String>,
    pub reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Log {
    pub container: String,
    pub lines: Vec<String>,
}
