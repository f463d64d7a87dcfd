//! Tasks that never become healthy although they do not stop.
//!
//! Decided here: which container holds a task up. Never here: whether the deployment failed.

use ecs_model::{Container, HealthStatus, Task, TaskDefinition};
use serde::Serialize;

use super::group::LogTail;

/// Why tasks are held up: one container, for the same reason in all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The number of tasks.
    pub count: usize,
    /// The container that failed.
    pub container: String,
    /// Its exit code, if it exited; otherwise its own health check fails.
    pub exit_code: Option<i64>,
    /// The container that waits for it, and the condition of its `dependsOn`.
    pub dependent: Option<Dependent>,
    /// The last lines of the failed container's log.
    pub logs: Vec<LogTail>,
    /// ARN of one of the tasks.
    pub last_task: String,
}

/// A container that cannot start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependent {
    pub container: String,
    /// `SUCCESS`, `COMPLETE`, `HEALTHY` or `START`.
    pub condition: String,
}

/// The reasons for which tasks are held up, each with its number of tasks. Without a definition, only
/// failing health checks are found.
pub fn waiting<'a>(
    tasks: impl Iterator<Item = &'a Task>,
    definition: Option<&TaskDefinition>,
) -> Vec<Waiting> {
    let mut found: Vec<Waiting> = Vec::new();
    for one in tasks.filter_map(|task| of(task, definition)) {
        let is_same = |w: &&mut Waiting| {
            (&w.container, w.exit_code, &w.dependent)
                == (&one.container, one.exit_code, &one.dependent)
        };
        match found.iter_mut().find(is_same) {
            Some(known) => known.count += 1,
            None => found.push(one),
        }
    }
    found.sort_by_key(|waiting| std::cmp::Reverse(waiting.count));
    found
}

fn of(task: &Task, definition: Option<&TaskDefinition>) -> Option<Waiting> {
    if task.is_stopped() {
        return None;
    }
    let new = |container: &Container, dependent| Waiting {
        count: 1,
        container: container.name.clone(),
        exit_code: container.exit_code,
        dependent,
        logs: Vec::new(),
        last_task: task.task_arn.clone(),
    };
    let blocked = definition.and_then(|definition| {
        let declared = definition.container_definitions.iter();
        let mut dependencies = declared.flat_map(|c| c.depends_on.iter().map(move |on| (c, on)));
        dependencies.find_map(|(dependent, on)| {
            let named = |name: &str| task.containers.iter().find(|c| c.name == name);
            let failed = named(&on.container_name)?;
            let has_started = named(&dependent.name)
                .and_then(|c| c.last_status.as_deref())
                .is_some_and(|status| matches!(status, "RUNNING" | "STOPPED"));
            (!has_started && never_meets(failed, &on.condition)).then(|| {
                let dependent = Dependent {
                    container: dependent.name.clone(),
                    condition: on.condition.clone(),
                };
                new(failed, Some(dependent))
            })
        })
    });
    blocked.or_else(|| {
        let unhealthy = |c: &&Container| c.health_status == Some(HealthStatus::Unhealthy);
        task.containers
            .iter()
            .find(unhealthy)
            .map(|container| new(container, None))
    })
}

/// Whether a container cannot fulfill the condition of its dependents any more.
fn never_meets(container: &Container, condition: &str) -> bool {
    let has_stopped = container.last_status.as_deref() == Some("STOPPED");
    match condition {
        "SUCCESS" => has_stopped && container.exit_code.is_some_and(|code| code != 0),
        "HEALTHY" => has_stopped || container.health_status == Some(HealthStatus::Unhealthy),
        _ => false,
    }
}

impl Waiting {
    /// The reason as a clause: lower case, without a full stop.
    pub fn clause(&self) -> String {
        let container = &self.container;
        let failed = match self.exit_code {
            Some(code) => format!("container {container} exited with code {code}"),
            None => format!("the health check of container {container} fails"),
        };
        match &self.dependent {
            Some(Dependent {
                container,
                condition,
            }) => {
                format!("{failed}, and container {container} waits for it (dependsOn {condition})")
            }
            None => failed,
        }
    }
}
