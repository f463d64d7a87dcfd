//! Summarizes the outcome of a service: what happened, why, and what runs now.
//!
//! Decided here: the words, and that the cause comes before AWS's own sentence. Names are in backticks.
//! Never here: how untrusted text is escaped, because that depends on where the summary is shown.

use ecs_model::short_name;

use crate::data::{EcsDeploy, Group, WaitHealthy};
use crate::report::{DeploymentReport, DeploymentState, ServiceReport};
use crate::results::StepRecord;
use crate::shorten::shorten;

/// The outcome of a service in words.
#[derive(Debug, Default)]
pub struct ServiceSummary {
    /// E.g. "`web:5` was rolled back".
    pub what: String,
    /// E.g. "`web:4` keeps running". Only if it was seen.
    pub running: Option<String>,
    /// E.g. "container `app` exited with code 3 (4 of 4 tasks)".
    pub cause: Option<String>,
    /// What the cause probably means.
    pub diagnosis: Option<String>,
}

impl ServiceSummary {
    /// Summarizes the results of a service.
    pub fn of(service: &ServiceReport) -> Self {
        let deploy: EcsDeploy = service.data("ecs-deploy");
        let wait: WaitHealthy = service.data("wait-healthy");
        let (cause, diagnosis) = match service.outcome.state {
            DeploymentState::Succeeded | DeploymentState::Reached => (tasks(&wait), None),
            _ => cause(service, &wait),
        };
        ServiceSummary {
            what: what(service, &deploy, &wait),
            running: running(service, &deploy, &wait),
            cause,
            diagnosis,
        }
    }

    /// The summary without formatting, in at most `limit` characters. If it is too long, what runs now and
    /// the diagnosis are omitted, and then the cause is shortened.
    pub fn one_line(&self, limit: usize) -> String {
        let plain = |text: &str| text.replace('`', "");
        let mut line = plain(&self.what);
        for (separator, part) in [
            (": ", &self.cause),
            ("; ", &self.running),
            ("; ", &self.diagnosis),
        ] {
            let Some(part) = part else { continue };
            let longer = format!("{line}{separator}{}", plain(part));
            if separator == ": " || longer.chars().count() <= limit {
                line = longer;
            }
        }
        shorten(&line, limit)
    }
}

/// Summarizes several services, e.g. "2 of 4 services live, 1 paused, 1 rolled back".
pub fn counts(report: &DeploymentReport) -> String {
    let all = report.services.len();
    let count = |state: DeploymentState| {
        let services = report.services.iter();
        services
            .filter(|service| service.outcome.state == state)
            .count()
    };
    let live = count(DeploymentState::Succeeded);
    let mut text = format!("{live} of {all} services live");
    for state in DeploymentState::ALL {
        let count = count(state);
        if state != DeploymentState::Succeeded && count > 0 {
            text.push_str(&format!(", {count} {}", state.adjective()));
        }
    }
    text
}

/// The task definition that was deployed, e.g. `web:5`.
fn revision<'a>(deploy: &'a EcsDeploy, wait: &'a WaitHealthy) -> Option<&'a str> {
    let arn = deploy
        .task_definition
        .arn
        .as_deref()
        .or(deploy.deployment.task_definition_arn.as_deref())
        .or(wait.deployment.task_definition_arn.as_deref());
    arn.map(short_name)
}

/// What was deployed: the revision, with the name of the service if it differs from the family.
fn subject(service: &ServiceReport, deploy: &EcsDeploy, wait: &WaitHealthy) -> Option<String> {
    let name = service.name.as_deref().map(short);
    let revision = revision(deploy, wait).map(short);
    match (name, revision) {
        (Some(name), Some(revision)) if revision.starts_with(&format!("{name}:")) => {
            Some(format!("`{revision}`"))
        }
        (Some(name), Some(revision)) => Some(format!("`{name}` (`{revision}`)")),
        (Some(name), None) | (None, Some(name)) => Some(format!("`{name}`")),
        (None, None) => None,
    }
}

fn what(service: &ServiceReport, deploy: &EcsDeploy, wait: &WaitHealthy) -> String {
    let Some(subject) = subject(service, deploy, wait) else {
        return match (service.outcome.state, &service.outcome.step) {
            (DeploymentState::Failed, Some(step)) => format!("Deployment failed in {step}"),
            (state, _) => format!("Deployment {}", state.phrase()),
        };
    };
    let step = service.outcome.step.as_deref().unwrap_or_default();
    let has_deployed = service
        .result("ecs-deploy")
        .is_some_and(|result| result.exit_code == 0);
    let predicate = match service.outcome.state {
        DeploymentState::Succeeded => "is live".to_owned(),
        DeploymentState::Failed if service.other_failed_step.is_some() && has_deployed => {
            format!("was deployed, but {step} failed")
        }
        DeploymentState::Failed if step == "wait-healthy" => "failed".to_owned(),
        DeploymentState::Failed if step == "ecs-deploy" => "failed in ecs-deploy".to_owned(),
        DeploymentState::Failed => format!("was not deployed: {step} failed"),
        DeploymentState::TimedOut if step == "wait-healthy" => {
            "did not become healthy in time".to_owned()
        }
        DeploymentState::RolledBack if is_rolling_back(wait) => {
            match rolled_back_to(deploy, wait) {
                Some(to) => format!("is being rolled back to `{to}`"),
                None => "is being rolled back".to_owned(),
            }
        }
        DeploymentState::Superseded => match &wait.superseded_by.task_definition {
            Some(by) => format!("was superseded by `{}`", short(short_name(by))),
            None => "was superseded".to_owned(),
        },
        DeploymentState::Paused => match &wait.paused.stage {
            Some(stage) => format!("is paused at {stage}"),
            None => "is paused".to_owned(),
        },
        state => state.phrase().to_owned(),
    };
    format!("{subject} {predicate}")
}

fn is_rolling_back(wait: &WaitHealthy) -> bool {
    matches!(
        wait.state.status.as_deref(),
        Some("ROLLBACK_REQUESTED" | "ROLLBACK_IN_PROGRESS")
    )
}

/// The revision that a rollback goes back to, if it is the one of the deployment before ours.
fn rolled_back_to(deploy: &EcsDeploy, wait: &WaitHealthy) -> Option<String> {
    let previous = &deploy.previous_deployment;
    let target = wait.rolled_back_to.as_ref()?;
    let is_previous = [&previous.service_revision_arn, &previous.ecs_svc_id]
        .into_iter()
        .any(|id| id.as_ref() == Some(target));
    let arn = previous.task_definition_arn.as_deref();
    arn.filter(|_| is_previous)
        .map(|arn| short(short_name(arn)))
}

/// The revision that runs after a rollback, if ECS reported the end of the rollback.
fn running(service: &ServiceReport, deploy: &EcsDeploy, wait: &WaitHealthy) -> Option<String> {
    let is_finished = wait.state.status.as_deref() == Some("ROLLBACK_SUCCESSFUL");
    if service.outcome.state != DeploymentState::RolledBack || !is_finished {
        return None;
    }
    rolled_back_to(deploy, wait).map(|name| format!("`{name}` keeps running"))
}

/// E.g. "2 of 2 tasks healthy".
fn tasks(wait: &WaitHealthy) -> Option<String> {
    let desired = wait.tasks.desired?;
    let noun = if desired == 1 { "task" } else { "tasks" };
    match (wait.tasks.healthy, wait.tasks.running) {
        (Some(healthy), _) => Some(format!("{healthy} of {desired} {noun} healthy")),
        (None, Some(running)) => Some(format!("{running} of {desired} {noun} running")),
        (None, None) => None,
    }
}

/// The cause and the diagnosis: a container's exit code is a fact, and comes before what it may mean.
fn cause(service: &ServiceReport, wait: &WaitHealthy) -> (Option<String>, Option<String>) {
    let Some(cause) = &wait.cause else {
        return (error_of_step(service), None);
    };
    let summary = cause.summary.as_deref().map(as_clause);
    let all: u64 = cause.groups.iter().map(|group| group.count).sum();
    // The first one of the largest groups.
    let main = cause.groups.iter().rev().max_by_key(|group| group.count);
    let share = |group: &Group| match all {
        0 | 1 => String::new(),
        _ => format!(" ({} of {all} tasks)", group.count),
    };
    if let Some(group) = main
        && let Some((name, code)) = exited(group)
    {
        let fact = format!("container `{name}` exited with code {code}{}", share(group));
        return (Some(fact), summary);
    }
    let text = summary.or_else(|| main.and_then(|group| group.stopped_reason.clone()));
    let share = main.map(share).unwrap_or_default();
    (text.map(|text| format!("{text}{share}")), None)
}

/// The container that ended the tasks of a group, and its exit code.
fn exited(group: &Group) -> Option<(&str, i64)> {
    if group.stop_code.as_deref() != Some("EssentialContainerExited") {
        return None;
    }
    let mut containers = group.containers.iter();
    containers.find_map(|container| match container.exit_code {
        Some(code) if code != 0 => Some((container.name.as_str(), code)),
        _ => None,
    })
}

/// The error of the step that decided the outcome.
fn error_of_step(service: &ServiceReport) -> Option<String> {
    let step = service.outcome.step.as_deref()?;
    let error = service.steps.iter().find_map(|record| match record {
        StepRecord::Done(result) if result.verb == step => result.error.as_ref(),
        _ => None,
    })?;
    Some(error.message.clone())
}

/// A sentence as a part of another one: without its full stop, and without a capital article.
fn as_clause(sentence: &str) -> String {
    let sentence = sentence.trim().trim_end_matches('.');
    for article in ["The ", "A ", "An ", "No ", "Container "] {
        if let Some(rest) = sentence.strip_prefix(article) {
            return format!("{}{rest}", article.to_lowercase());
        }
    }
    sentence.to_owned()
}

/// Shortens a long name, so that a status does not consist only of a name.
fn short(name: &str) -> String {
    shorten(&name.replace('`', ""), 48)
}
