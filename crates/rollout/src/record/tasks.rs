//! Records tasks and targets, and whether any of our tasks was healthy.

use std::collections::BTreeSet;

use ecs_model::{TargetHealth, TargetState, Task};

use crate::facts::{Facts, ReadSpan, Reading};

pub(super) fn record_list(facts: &mut Facts, span: ReadSpan, arns: BTreeSet<String>) {
    let is_newer = |known: &Reading<_>| known.span.sent <= span.sent;
    if facts.current_tasks.as_ref().is_none_or(is_newer) {
        facts.current_tasks = Some(Reading { span, value: arns });
    }
}

pub(super) fn record_described(facts: &mut Facts, span: ReadSpan, tasks: Vec<Task>) {
    for task in tasks {
        let newest = facts.task_reads.entry(task.task_arn.clone());
        let newest = newest.or_insert(span);
        *newest = span.max(*newest);
        let order = |t: &Task| (t.is_stopped(), t.version);
        match facts.tasks.get(&task.task_arn) {
            Some(known) if order(known) > order(&task) => {}
            _ => {
                facts.tasks.insert(task.task_arn.clone(), task);
            }
        }
    }
    record_health(facts);
}

pub(super) fn record_targets(
    facts: &mut Facts,
    span: ReadSpan,
    group: String,
    targets: Vec<TargetHealth>,
) {
    let is_newer = |known: &Reading<_>| known.span.sent <= span.sent;
    if facts.targets.get(&group).is_none_or(is_newer) {
        if has_ended(facts) {
            let healthy = targets.iter().filter(|t| t.state == TargetState::Healthy);
            let healthy = healthy.map(|target| ((target.id.clone(), target.port), span.sent));
            facts.last_healthy_targets.extend(healthy);
        }
        let value = targets;
        facts.targets.insert(group, Reading { span, value });
    }
    record_health(facts);
}

/// Whether ECS has completed or ended our deployment.
fn has_ended(facts: &Facts) -> bool {
    facts.end.is_some() || facts.service.completed.is_some()
}

fn record_health(facts: &mut Facts) {
    let has_ended = has_ended(facts);
    let tally = facts.tally();
    let is_healthy = tally.healthy > 0;
    let refused: Vec<TargetHealth> = tally
        .tasks
        .iter()
        .flat_map(|task| task.targets.iter().flatten())
        .filter(|target| target.state.is_refusal())
        .map(|target| TargetHealth::clone(target))
        .collect();
    // Health is as old as the oldest read that shows it.
    let registrations = facts.registrations();
    let groups = registrations.iter().flat_map(|r| &r.groups);
    let targets_read = groups
        .filter_map(|group| facts.targets.get(group))
        .map(|reading| reading.span.sent)
        .min();
    let healthy: Vec<_> = tally
        .tasks
        .iter()
        .filter(|state| has_ended && state.is_healthy)
        .filter_map(|state| {
            let arn = &state.task.task_arn;
            let read = facts.task_reads.get(arn)?.sent;
            Some((arn.clone(), targets_read.map_or(read, |at| at.min(read))))
        })
        .collect();
    facts.ever_healthy |= is_healthy;
    facts.last_healthy.extend(healthy);
    let refused = refused
        .into_iter()
        .map(|target| (target.id.clone(), target));
    facts.refused_targets.extend(refused);
}
