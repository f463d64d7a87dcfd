//! Why a deployment did not succeed, and the collapsed details.

use serde_json::Value;

use super::escape::{code, code_in_html, fence, prose};
use super::fold::fold;
use crate::data::{Group, Pause, RenderTaskdef, WaitHealthy};
use crate::report::{DeploymentState, ServiceReport};
use crate::results::StepRecord;
use crate::summary::ServiceSummary;

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

    /// The diff of the task definition.
    pub fn diff(&self, service: &ServiceReport, is_open: bool) -> String {
        let render: RenderTaskdef = service.data("render-taskdef");
        match render.diff.as_ref().and_then(Value::as_str) {
            Some(diff) if self.diff && !diff.trim().is_empty() => fold(
                "What changed in the task definition",
                is_open,
                &fence("diff", diff.lines().take(200)),
            ),
            _ => String::new(),
        }
    }

    /// The findings of the lints.
    pub fn findings(&self, service: &ServiceReport) -> String {
        let render: RenderTaskdef = service.data("render-taskdef");
        let shown = render.lints.iter().take(self.findings);
        let findings: Vec<String> = shown
            .map(|lint| {
                format!(
                    "- {} {}: {}\n",
                    prose(&lint.severity),
                    code(&lint.code),
                    prose(&lint.message)
                )
            })
            .collect();
        if findings.is_empty() {
            return String::new();
        }
        let title = "Findings in the task definition";
        fold(title, false, &findings.concat())
    }

    /// The events of the service, and what was deployed.
    pub fn identifiers(&self, wait: &WaitHealthy, facts: &str) -> String {
        let cause = wait.cause.iter();
        let events: Vec<String> = cause
            .flat_map(|cause| &cause.events)
            .filter_map(event)
            .collect();
        let last = &events[events.len().saturating_sub(self.events)..];
        match (facts.is_empty(), last.is_empty()) {
            (true, true) => String::new(),
            (false, true) => fold("Identifiers", false, facts),
            (_, false) => {
                let lines = fence("", last.iter().map(String::as_str));
                let title = format!("ECS events ({}) and identifiers", last.len());
                fold(&title, false, &format!("{facts}\n{lines}"))
            }
        }
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
                text.push_str(&fold(&title, true, &fence("", lines)));
            }
        }
        let has_logs = wait.cause.iter().any(|cause| {
            let logs = cause.groups.iter().flat_map(|group| &group.logs);
            logs.into_iter().any(|log| !log.lines.is_empty())
        });
        if has_logs && !self.may_have_logs {
            text.push_str(
                "The last log lines are in the job log. `--comment-logs` shows them here.\n\n",
            );
        }
        text
    }
}

/// Why the deployment did not succeed: the cause, then the errors of the steps.
pub fn why(service: &ServiceReport, summary: &ServiceSummary, wait: &WaitHealthy) -> String {
    let mut text = String::new();
    if wait.cause.is_some()
        && let Some(cause) = &summary.cause
    {
        text.push_str(&format!("**Cause:** {}", prose(cause)));
        if let Some(diagnosis) = &summary.diagnosis {
            text.push_str(&format!(" – {}", prose(diagnosis)));
        }
        text.push_str("\n\n");
    } else if let Some(summary) = &wait.summary {
        text.push_str(&format!("{}\n\n", prose(summary)));
    }
    for step in &service.steps {
        if let StepRecord::Done(result) = step
            && let Some(error) = &result.error
            && !(result.verb == "wait-healthy" && is_shown(&error.message, wait))
        {
            text.push_str(&format!(
                "**{}** failed: {}\n",
                result.verb,
                prose(&error.message)
            ));
            for cause in error.causes.iter().take(5) {
                text.push_str(&format!("- caused by: {}\n", code(cause)));
            }
            if let Some(location) = &error.location {
                text.push_str(&format!("- at {}\n", code(&location.to_string())));
            }
            text.push('\n');
        }
    }
    text
}

/// Whether the report shows the error of wait-healthy already, as the cause or the summary.
fn is_shown(error: &str, wait: &WaitHealthy) -> bool {
    let summary = wait.summary.as_deref();
    wait.cause.is_some() || summary.is_some_and(|summary| error.contains(summary))
}

/// What a person can do: the remedy, the hints of the steps, or the commands that end a pause.
pub fn what_to_do(service: &ServiceReport, wait: &WaitHealthy) -> String {
    if service.outcome.state == DeploymentState::Paused {
        return pause_commands(service, &wait.paused);
    }
    let remedy = wait.cause.as_ref().and_then(|cause| cause.remedy.as_ref());
    let hints = service.steps.iter().filter_map(|step| match step {
        StepRecord::Done(result) if result.verb != "wait-healthy" || remedy.is_none() => {
            result.error.as_ref()?.hint.as_ref()
        }
        _ => None,
    });
    let all = remedy.into_iter().chain(hints);
    all.map(|text| format!("**What to do:** {}\n\n", prose(text)))
        .collect()
}

/// The commands that end a pause, and what happens without them.
fn pause_commands(service: &ServiceReport, pause: &Pause) -> String {
    let target = match (&service.cluster, &service.name) {
        (Some(cluster), Some(name)) => format!(" --cluster {cluster} --service {name}"),
        _ => String::new(),
    };
    let commands = ["continue", "rollback"].map(|verb| format!("ecs-deploy {verb}{target}"));
    let otherwise = match pause.timeout_action.as_deref() {
        Some("ROLLBACK") => "ECS rolls back",
        Some("CONTINUE") => "ECS continues",
        _ => "the timeout of the hook decides",
    };
    let deadline = pause.expires_at.as_deref().and_then(minute);
    let deadline = deadline
        .map(|time| format!(" at {time}"))
        .unwrap_or_default();
    format!(
        "**What to do:** run one of these commands. If nobody does, {otherwise}{deadline}.\n\n{}\n",
        fence("", commands.iter().map(String::as_str))
    )
}

/// `2026-11-20 20:14 UTC` from a time in RFC 3339.
fn minute(time: &str) -> Option<String> {
    let (date, clock) = time.strip_suffix('Z')?.split_once('T')?;
    let is_part = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_digit() || c == '-' || c == ':')
    };
    let clock = clock.get(..5)?;
    (date.len() == 10 && is_part(date) && is_part(clock)).then(|| format!("{date} {clock} UTC"))
}

/// The stopped tasks and the unhealthy targets, collapsed.
pub fn stopped_tasks(wait: &WaitHealthy) -> String {
    let Some(cause) = &wait.cause else {
        return String::new();
    };
    let mut text: String = cause.groups.iter().take(5).map(stopped).collect();
    for target in cause.targets.iter().filter_map(target).take(5) {
        text.push_str(&format!("- {target}\n"));
    }
    if text.is_empty() {
        return text;
    }
    let count: u64 = cause.groups.iter().map(|group| group.count).sum();
    let title = match (count, cause.targets.len()) {
        (0, targets) => format!("Unhealthy targets ({targets})"),
        (count, 0) => format!("Stopped tasks ({count})"),
        (count, targets) => format!("Stopped tasks ({count}) and unhealthy targets ({targets})"),
    };
    fold(&title, false, &text)
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
