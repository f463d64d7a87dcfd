//! Why a deployment did not succeed, and the collapsed details.

use serde_json::Value;

use super::escape::{code, code_in_html, fence, prose};
use crate::data::{Group, RenderTaskdef, WaitHealthy};
use crate::report::{DeploymentState, ServiceReport};
use crate::results::StepRecord;

/// Which details a report contains.
#[derive(Clone, Copy, Debug)]
pub struct DetailLimits {
    logs: usize,
    events: usize,
    diff: bool,
    findings: usize,
    /// Whether the report may contain log lines at all.
    pub may_have_logs: bool,
    /// Whether something was omitted because of the length.
    pub is_shortened: bool,
}

impl DetailLimits {
    /// How many times details can be removed.
    pub const STEPS: usize = 4;

    /// All details except the first `step` kinds.
    pub fn without(step: usize, with_logs: bool) -> Self {
        let keep = |from: usize, some: usize, few: usize| if step < from { some } else { few };
        DetailLimits {
            logs: if with_logs {
                keep(1, 50, keep(2, 10, 0))
            } else {
                0
            },
            events: keep(2, 20, 0),
            diff: step < 3,
            findings: keep(4, 20, 0),
            may_have_logs: with_logs,
            is_shortened: step > 0,
        }
    }

    /// The collapsed sections that have contents.
    pub fn folded(&self, service: &ServiceReport, wait: &WaitHealthy) -> String {
        let render: RenderTaskdef = service.data("render-taskdef");
        let mut text = String::new();
        if self.diff
            && let Some(diff) = render.diff.as_ref().and_then(Value::as_str)
            && !diff.trim().is_empty()
        {
            text.push_str(&fold(
                "What changed in the task definition",
                &fence("diff", diff.lines().take(200)),
            ));
        }
        let findings: Vec<String> = render
            .lints
            .iter()
            .take(self.findings)
            .map(|lint| {
                format!(
                    "- {} {}: {}\n",
                    prose(&lint.severity),
                    code(&lint.code),
                    prose(&lint.message)
                )
            })
            .collect();
        if !findings.is_empty() {
            text.push_str(&fold("Findings in the task definition", &findings.concat()));
        }
        let Some(cause) = &wait.cause else {
            return text;
        };
        let events: Vec<String> = cause.events.iter().filter_map(event).collect();
        let last = events.len().saturating_sub(self.events);
        if last < events.len() {
            let lines = events[last..].iter().map(String::as_str);
            text.push_str(&fold("Events of the service", &fence("", lines)));
        }
        text
    }

    /// The last log lines of the containers, if the report may contain them.
    pub fn logs(&self, wait: &WaitHealthy) -> String {
        let groups = wait.cause.iter().flat_map(|cause| &cause.groups);
        let mut text = String::new();
        for log in groups.flat_map(|group| &group.logs) {
            if self.logs > 0 && !log.lines.is_empty() {
                let first = log.lines.len().saturating_sub(self.logs);
                let lines = log.lines[first..].iter().map(String::as_str);
                let title = format!("Last log lines of {}", code_in_html(&log.container));
                let folded = fold(&title, &fence("", lines));
                text.push_str(&folded.replacen("<details>", "<details open>", 1));
            }
        }
        text
    }
}

/// The cause and what to do. Empty if the deployment succeeded.
pub fn why(service: &ServiceReport, wait: &WaitHealthy, with_logs: bool) -> String {
    let mut text = String::new();
    for step in &service.steps {
        if let StepRecord::Done(result) = step
            && let Some(error) = &result.error
            && (result.verb != "wait-healthy" || wait.cause.is_none())
        {
            text.push_str(&format!(
                "**{}** failed: {}\n",
                result.verb,
                prose(&error.message)
            ));
            for cause in error.causes.iter().take(5) {
                text.push_str(&format!("- caused by: {}\n", code(cause)));
            }
            if let Some(place) = &error.location {
                text.push_str(&format!("- at {}\n", code(&place.to_string())));
            }
            if let Some(hint) = &error.hint {
                text.push_str(&format!("- hint: {}\n", prose(hint)));
            }
            text.push('\n');
        }
    }
    if service.outcome.state == DeploymentState::Paused {
        text.push_str(&pause_commands(service));
    }
    let Some(cause) = &wait.cause else {
        return text;
    };
    if let Some(sentence) = &cause.summary {
        text.push_str(&format!("**Cause:** {}\n\n", prose(sentence)));
    }
    if let Some(remedy) = &cause.remedy {
        text.push_str(&format!("**What to do:** {}\n\n", prose(remedy)));
    }
    for group in cause.groups.iter().take(5) {
        text.push_str(&stopped(group));
    }
    for target in cause.targets.iter().filter_map(target).take(5) {
        text.push_str(&format!("- {target}\n"));
    }
    if !cause.groups.is_empty() || !cause.targets.is_empty() {
        text.push('\n');
    }
    let has_logs = cause
        .groups
        .iter()
        .any(|group| group.logs.iter().any(|log| !log.lines.is_empty()));
    if has_logs && !with_logs {
        text.push_str(
            "The last log lines are in the job log. `--comment-logs` shows them here.\n\n",
        );
    }
    text
}

/// What a person can do about a paused deployment.
fn pause_commands(service: &ServiceReport) -> String {
    let place = match (&service.cluster, &service.name) {
        (Some(cluster), Some(name)) => format!(" --cluster {cluster} --service {name}"),
        _ => String::new(),
    };
    let command = |verb: &str| code(&format!("ecs-deploy {verb}{place}"));
    format!(
        "**What to do:** run {} to continue or {} to roll back. If nobody does, the timeout of the hook decides.\n\n",
        command("continue"),
        command("rollback")
    )
}

/// Tasks that stopped for the same reason, and their containers.
fn stopped(group: &Group) -> String {
    let tasks = if group.count == 1 {
        "1 task".to_owned()
    } else {
        format!("{} tasks", group.count)
    };
    let mut text = format!("- {tasks} stopped");
    if let Some(stop_code) = &group.stop_code {
        text.push_str(&format!(", {}", code(stop_code)));
    }
    if let Some(reason) = &group.stopped_reason {
        text.push_str(&format!(": {}", code(reason)));
    }
    text.push('\n');
    for container in &group.containers {
        text.push_str(&format!("  - container {}", code(&container.name)));
        match container.exit_code {
            Some(exit_code) => text.push_str(&format!(" exited with {exit_code}")),
            None => text.push_str(" never started"),
        }
        if let Some(meaning) = &container.meaning {
            text.push_str(&format!(" ({})", prose(meaning)));
        }
        if let Some(reason) = &container.reason {
            text.push_str(&format!(": {}", code(reason)));
        }
        text.push('\n');
    }
    text
}

fn target(value: &Value) -> Option<String> {
    let text = |name: &str| value[name].as_str().filter(|text| !text.is_empty());
    let id = text("target").or(text("id")).or(text("ip"))?;
    let mut line = format!("target {}", code(id));
    if let Some(state) = text("state") {
        line.push_str(&format!(" is {}", code(state)));
    }
    if let Some(reason) = text("reason") {
        line.push_str(&format!(", {}", code(reason)));
    }
    if let Some(description) = text("description") {
        line.push_str(&format!(": {}", code(description)));
    }
    Some(line)
}

fn event(value: &Value) -> Option<String> {
    let message = value.as_str().or_else(|| value["message"].as_str())?;
    Some(
        match value["createdAt"].as_str().or_else(|| value["at"].as_str()) {
            Some(at) => format!("{at} {message}"),
            None => message.to_owned(),
        },
    )
}

/// A collapsed section. With the blank lines, its contents are read as Markdown.
fn fold(title: &str, inside: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{inside}\n</details>\n\n")
}
