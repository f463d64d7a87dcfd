//! One-off tasks: what they run, how a re-run identifies them, and how they ended.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::declaration::ServiceDeclaration;

/// When a task runs, relative to the write of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Before,
    After,
}

impl Phase {
    /// The flag that adds such a task.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Before => "--pre-deploy-task",
            Self::After => "--post-deploy-task",
        }
    }
}

/// What a task runs.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskSpec {
    /// A command for one container.
    Command(Vec<String>),
    /// Members of RunTask.
    Members(Map<String, Value>),
}

impl TaskSpec {
    /// The command for people, as you would type it in a shell.
    pub fn command_line(&self) -> String {
        let command = match self {
            Self::Command(command) => Some(command.clone()),
            Self::Members(members) => members
                .get("overrides")
                .and_then(|o| o["containerOverrides"][0]["command"].as_array())
                .map(|c| {
                    c.iter()
                        .filter_map(|w| Some(w.as_str()?.to_owned()))
                        .collect()
                }),
        };
        match command {
            Some(command) => shell_line(&command),
            None => "the task definition's own command".to_owned(),
        }
    }
}

/// Quotes the words so that a shell, including bash, splits the line into the same words.
fn shell_line(words: &[String]) -> String {
    let quoted = words.iter().map(|word| match shell_words::quote(word) {
        // shell-words does not quote these, but they are reserved words, or bash expands them.
        Cow::Borrowed(bare) if bare.contains(['{', '}', '!', '^']) => format!("'{bare}'"),
        quoted => quoted.into_owned(),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// A task of one run, with everything that identifies it.
#[derive(Debug, Clone)]
pub struct OneOffTask<'a> {
    pub phase: Phase,
    pub spec: &'a TaskSpec,
    /// The container that runs the command and whose exit code is the result.
    pub container: String,
    /// The key of the run: the ID of the CI run, or `--task-key`.
    pub key: &'a str,
    /// The ARN of the revision.
    pub revision: &'a str,
}

impl OneOffTask<'_> {
    /// The value of `startedBy`: the same for the same key, phase, revision and spec, and for
    /// nothing else. It has 35 characters, because ECS accepted only 36 for years.
    pub fn started_by(&self) -> String {
        let spec = match self.spec {
            TaskSpec::Command(command) => json!({"container": self.container, "command": command}),
            TaskSpec::Members(members) => Value::Object(members.clone()),
        };
        let text = format!(
            "{}\n{}\n{}\n{spec}",
            self.key,
            self.phase.flag(),
            self.revision
        );
        let digest = Sha256::digest(text.as_bytes());
        let hex: String = digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("fp-{hex}")
    }

    /// The body of RunTask. Network and compute are those of the service, unless a file contains
    /// them. The token makes a request that is sent twice start one task. `failed` is the number of
    /// earlier tasks with this `startedBy` that failed; it makes the token a new one.
    pub fn body(
        &self,
        declared: &ServiceDeclaration,
        live: Option<&Value>,
        failed: usize,
    ) -> Value {
        let mut body = Map::new();
        body.insert("cluster".into(), declared.cluster.clone().into());
        body.insert("taskDefinition".into(), self.revision.into());
        body.insert("count".into(), 1.into());
        let member = |name: &str| {
            let declared = declared.definition.get(name).filter(|v| !v.is_null());
            let value = declared.or_else(|| live?.get(name))?;
            let is_empty = value.as_array().is_some_and(Vec::is_empty);
            (!is_empty && !value.is_null()).then(|| value.clone())
        };
        for name in ["networkConfiguration", "platformVersion"] {
            if let Some(value) = member(name) {
                body.insert(name.into(), value);
            }
        }
        let compute = ["capacityProviderStrategy", "launchType"];
        if let Some((name, value)) = compute.iter().find_map(|n| Some((*n, member(n)?))) {
            body.insert(name.into(), value);
        }
        match self.spec {
            TaskSpec::Command(command) => {
                let one = json!({"name": self.container, "command": command});
                body.insert("overrides".into(), json!({"containerOverrides": [one]}));
            }
            TaskSpec::Members(members) => {
                let has_compute = compute.iter().any(|c| members.contains_key(*c));
                if has_compute {
                    compute.iter().for_each(|c| drop(body.shift_remove(*c)));
                }
                body.extend(members.clone());
            }
        }
        let name = self.started_by();
        body.insert("clientToken".into(), format!("{name}-{failed}").into());
        body.insert("startedBy".into(), name.into());
        Value::Object(body)
    }
}

/// The container for commands if none is given: the one behind the load balancer, otherwise the
/// first essential one.
pub fn default_container(
    definition: &Value,
    declared: &ServiceDeclaration,
    live: Option<&Value>,
) -> Option<String> {
    let behind = |members: &Value| members[0]["containerName"].as_str().map(str::to_owned);
    let balanced = declared
        .definition
        .get("loadBalancers")
        .and_then(behind)
        .or_else(|| behind(&live?["loadBalancers"]));
    let containers = definition["containerDefinitions"].as_array()?;
    let is_there = |name: &String| containers.iter().any(|c| c["name"] == name.as_str());
    let first = || containers.iter().find(|c| c["essential"] != false)?["name"].as_str();
    balanced
        .filter(is_there)
        .or_else(|| first().map(str::to_owned))
}

/// The state of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    Underway(String),
    Succeeded,
    /// The exit code, if the container has one, and why it stopped.
    Failed {
        exit: Option<i64>,
        why: String,
    },
}

/// Reads the state of a described task. The exit code of the container decides, because ECS stops
/// the other containers with it.
pub fn task_state(task: &Value, container: &str) -> TaskState {
    let status = task["lastStatus"].as_str().unwrap_or("PENDING");
    if status != "STOPPED" {
        return TaskState::Underway(status.to_owned());
    }
    let containers = task["containers"].as_array();
    let ours = containers
        .into_iter()
        .flatten()
        .find(|c| c["name"] == container);
    let exit = ours.and_then(|c| c["exitCode"].as_i64());
    if exit == Some(0) {
        return TaskState::Succeeded;
    }
    let reason = ours
        .and_then(|c| text(&c["reason"]))
        .or_else(|| text(&task["stoppedReason"]));
    TaskState::Failed {
        exit,
        why: reason.unwrap_or("no reason reported").to_owned(),
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        OneOffTask, Phase, TaskSpec, TaskState, default_container, shell_line, task_state,
    };
    use crate::plan::declaration::ServiceDeclaration;

    fn declared(definition: Value) -> ServiceDeclaration {
        ServiceDeclaration {
            cluster: "c".into(),
            service: "s".into(),
            definition: definition.as_object().cloned().expect("an object"),
        }
    }

    fn task<'a>(spec: &'a TaskSpec, key: &'a str, revision: &'a str) -> OneOffTask<'a> {
        OneOffTask {
            phase: Phase::Before,
            spec,
            container: "app".into(),
            key,
            revision,
        }
    }

    #[test]
    fn a_name_is_made_of_key_phase_revision_and_job() {
        let migrate = TaskSpec::Command(vec!["migrate".into()]);
        let other = TaskSpec::Command(vec!["migrate".into(), "--all".into()]);
        let name = task(&migrate, "1", "web:1").started_by();
        assert_eq!(name, task(&migrate, "1", "web:1").started_by());
        assert_eq!(name.len(), 35);
        let mut after = task(&migrate, "1", "web:1");
        after.phase = Phase::After;
        for other in [
            task(&migrate, "2", "web:1"),
            task(&migrate, "1", "web:2"),
            task(&other, "1", "web:1"),
            after,
        ] {
            assert_ne!(other.started_by(), name);
        }
    }

    #[test]
    fn a_command_is_shown_as_a_shell_takes_it() {
        let words: Vec<String> = [
            "printf",
            "%s|",
            "plain",
            "--flag=a,b",
            "",
            "two words",
            "it's",
            "\"$HOME\" `x` \\",
            "line\nline",
            "{a,b}",
            "!",
            "a^b",
            "*?[x]~#",
            "größe",
        ]
        .map(str::to_owned)
        .into();
        let line = shell_line(&words);
        assert_eq!(shell_words::split(&line).as_ref(), Ok(&words));
        for shell in ["sh", "bash"] {
            let ran = std::process::Command::new(shell)
                .args(["-c", &line])
                .output();
            let shown = ran.expect("a shell").stdout;
            let shown = String::from_utf8(shown).expect("text");
            assert_eq!(shown, format!("{}|", words[2..].join("|")), "{shell}");
        }
        // Words that need no quotes have none.
        let plain = ["bin/migrate", "--all", "x:1"].map(str::to_owned);
        assert_eq!(shell_line(&plain), "bin/migrate --all x:1");
    }

    #[test]
    fn a_task_runs_where_the_service_does() {
        let spec = TaskSpec::Command(vec!["migrate".into()]);
        let one = task(&spec, "1", "web:1");
        let live = json!({"networkConfiguration": {"a": 1}, "launchType": "FARGATE",
            "platformVersion": "LATEST", "capacityProviderStrategy": []});
        let body = one.body(
            &declared(json!({"networkConfiguration": {"a": 2}})),
            Some(&live),
            0,
        );
        let name = one.started_by();
        assert_eq!(
            body,
            json!({"cluster": "c", "taskDefinition": "web:1", "count": 1,
                "networkConfiguration": {"a": 2}, "platformVersion": "LATEST", "launchType": "FARGATE",
                "overrides": {"containerOverrides": [{"name": "app", "command": ["migrate"]}]},
                "clientToken": format!("{name}-0"), "startedBy": name})
        );
        let spot = json!({"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]});
        let body = one.body(&declared(spot), Some(&live), 1);
        assert!(body.get("launchType").is_none() && body.get("capacityProviderStrategy").is_some());
        // Members from a file replace those of the service.
        let members =
            json!({"launchType": "EC2", "memberOfTomorrow": 1, "overrides": {"cpu": "512"}});
        let spec = TaskSpec::Members(members.as_object().cloned().expect("an object"));
        let body = task(&spec, "1", "web:1").body(&declared(json!({})), Some(&live), 0);
        assert_eq!(
            (&body["launchType"], &body["memberOfTomorrow"]),
            (&json!("EC2"), &json!(1))
        );
        assert_eq!(body["overrides"], json!({"cpu": "512"}));
    }

    #[test]
    fn the_commands_container_is_the_one_behind_the_load_balancer() {
        let definition = json!({"containerDefinitions": [
            {"name": "init", "essential": false}, {"name": "side"}, {"name": "app"}]});
        let balanced = declared(json!({"loadBalancers": [{"containerName": "app"}]}));
        let none = declared(json!({}));
        assert_eq!(
            default_container(&definition, &balanced, None).as_deref(),
            Some("app")
        );
        assert_eq!(
            default_container(&definition, &none, None).as_deref(),
            Some("side")
        );
        let live = json!({"loadBalancers": [{"containerName": "app"}]});
        assert_eq!(
            default_container(&definition, &none, Some(&live)).as_deref(),
            Some("app")
        );
    }

    #[test]
    fn the_containers_exit_code_decides() {
        let stopped = |containers: Value| json!({"lastStatus": "STOPPED", "stoppedReason": "Essential container in task exited", "containers": containers});
        for (task, expected) in [
            (
                json!({"lastStatus": "RUNNING"}),
                TaskState::Underway("RUNNING".into()),
            ),
            (
                stopped(json!([{"name": "side", "exitCode": 143}, {"name": "app", "exitCode": 0}])),
                TaskState::Succeeded,
            ),
            (
                stopped(json!([{"name": "app", "exitCode": 3}])),
                TaskState::Failed {
                    exit: Some(3),
                    why: "Essential container in task exited".into(),
                },
            ),
            (
                stopped(json!([{"name": "app", "exitCode": 137, "reason": "OutOfMemoryError"}])),
                TaskState::Failed {
                    exit: Some(137),
                    why: "OutOfMemoryError".into(),
                },
            ),
            (
                stopped(json!([])),
                TaskState::Failed {
                    exit: None,
                    why: "Essential container in task exited".into(),
                },
            ),
        ] {
            assert_eq!(task_state(&task, "app"), expected);
        }
    }
}
