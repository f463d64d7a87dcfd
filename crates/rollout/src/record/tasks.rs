//! Records tasks and targets, and whether any of our tasks was healthy.

use ecs_model::{TargetHealth, Task};
use jiff::Timestamp;

use crate::facts::{Facts, Reading};

pub(super) fn record(facts: &mut Facts, at: Timestamp, tasks: Vec<Task>) {
    let is_newer = facts.current_tasks.as_ref().is_none_or(|t| t.at <= at);
    if is_newer {
        let value = tasks.iter().map(|t| t.task_arn.clone()).collect();
        facts.current_tasks = Some(Reading { at, value });
    }
    for task in tasks {
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
    at: Timestamp,
    group: String,
    targets: Vec<TargetHealth>,
) {
    let is_newer = facts.targets.get(&group).is_none_or(|t| t.at <= at);
    if is_newer {
        let value = targets;
        facts.targets.insert(group, Reading { at, value });
    }
    record_health(facts);
}

fn record_health(facts: &mut Facts) {
    let tally = facts.tally();
    let is_healthy = tally.healthy > 0;
    let refused: Vec<TargetHealth> = tally
        .tasks
        .iter()
        .flat_map(|task| task.targets.iter().flatten())
        .filter(|target| target.state.is_refusal())
        .map(|target| TargetHealth::clone(target))
        .collect();
    facts.ever_healthy |= is_healthy;
    let refused = refused
        .into_iter()
        .map(|target| (target.id.clone(), target));
    facts.refused_targets.extend(refused);
}
