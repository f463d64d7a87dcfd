//! The verdict's first sentence: what became of the revision, and why.
//!
//! Decided here: that the cause precedes ECS's own sentence. Never here: what the cause is.

use ecs_model::{DeploymentRef, ecs_svc_id, short_name};
use rollout::{Facts, Failed, Outcome, RolledBack, Stopped};

/// The verdict with the cause in front: `web:5 was rolled back: container app exited with code 3 (4 of
/// 4 tasks); web:4 keeps running (SUMMARY)`. Without a cause, and for verdicts that need none, the
/// summary stays as it is.
pub fn with_cause(
    summary: String,
    outcome: &Outcome,
    clause: Option<&str>,
    facts: &Facts,
) -> String {
    let (Some(clause), Some(verb)) = (clause, verb(outcome)) else {
        return summary;
    };
    let subject = match &facts.deployment_ref {
        Some(ours) => revision(ours),
        None => None,
    };
    let subject = subject.unwrap_or("the deployment");
    let keeps = match outcome {
        Outcome::RolledBack(back) => other_revision(back, facts)
            .map(|other| format!("; {other} keeps running"))
            .unwrap_or_default(),
        _ => String::new(),
    };
    format!("{subject} {verb}: {clause}{keeps} ({summary})")
}

/// Whether a verdict of this kind begins with its cause.
pub fn begins_with_cause(outcome: &Outcome) -> bool {
    verb(outcome).is_some()
}

fn verb(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::RolledBack(RolledBack { finished: true, .. }) => Some("was rolled back"),
        Outcome::RolledBack(_) => Some("is being rolled back"),
        Outcome::Failed(Failed::Probe { .. }) => None,
        Outcome::Failed(_) => Some("failed"),
        Outcome::Stopped(Stopped::Stopped { .. }) => Some("was stopped"),
        Outcome::TimedOut(_) => Some("did not become healthy in time"),
        _ => None,
    }
}

/// `web:5`
fn revision(deployment: &DeploymentRef) -> Option<&str> {
    deployment.task_definition_arn.as_deref().map(short_name)
}

/// The revision that runs after a rollback, or `the previous deployment` if it is the same one.
fn other_revision(back: &RolledBack, facts: &Facts) -> Option<String> {
    let service = facts.service()?;
    let ours = facts.deployment_ref.as_ref()?;
    let to = back
        .to
        .as_deref()
        .map(|to| ecs_svc_id(to).unwrap_or(to.to_owned()));
    let others = service
        .deployments
        .iter()
        .filter(|d| !ours.is_deployment(&d.id));
    let other = others
        .clone()
        .find(|d| Some(&d.id) == to.as_ref())
        .or_else(|| others.clone().find(|d| d.running_count.unwrap_or(0) > 0))?;
    if other.running_count == Some(0) && other.desired_count != Some(0) {
        return None;
    }
    let name = short_name(other.task_definition.as_deref()?);
    Some(if revision(ours) == Some(name) {
        "the previous deployment".to_owned()
    } else {
        name.to_owned()
    })
}
