//! The live table on a terminal: the deployments of the service, our tasks and targets, and the
//! elapsed and remaining time.

use std::fmt::Write;

use ecs_model::{Deployment, is_arn, short_name};
use jiff::{SignedDuration, Timestamp};
use pipeline_io::plain_line;
use rollout::Facts;

use crate::args::WaitRequest;
use crate::duration::format_duration;
use crate::report::{DeploymentState, counted};

/// Maximum length of a name, in characters.
const NAME: usize = 28;

/// The lines of the table. The first line follows the spinner.
pub fn table(
    request: &WaitRequest,
    facts: &Facts,
    state: &DeploymentState,
    now: Timestamp,
) -> String {
    let mut block = format!(
        "{} · {} · {}",
        short(&request.service),
        state.head(),
        format_duration(now.duration_since(facts.started))
    );
    if let Some(left) = left(facts, now) {
        block.push_str(&format!(" · {left}"));
    }
    let _ = write!(
        block,
        "\n  {:NAME$}  {:NAME$} desired running healthy",
        "deployment", "task definition"
    );
    for row in rows(facts, state) {
        let healthy = row.healthy.map(|h| h.to_string()).unwrap_or_default();
        let mark = if row.is_ours { "▸" } else { " " };
        let _ = write!(
            block,
            "\n{mark} {:NAME$}  {:NAME$} {:>7} {:>7} {healthy:>7}",
            short(&row.id),
            short(&row.definition),
            row.desired,
            row.running
        );
    }
    let statuses = facts
        .our_tasks()
        .filter_map(|task| task.last_status.as_deref());
    let tasks = plain_line(&counted(statuses));
    if !tasks.is_empty() {
        let _ = write!(block, "\n  tasks    {tasks}");
    }
    let tally = facts.tally();
    let targets = tally.tasks.iter().flat_map(|task| &task.targets);
    let targets = counted(targets.map(|t| t.map_or("not registered", |t| t.state.as_str())));
    if !targets.is_empty() {
        let _ = write!(block, "\n  targets  {}", plain_line(&targets));
    }
    if let Some(percent) = state.traffic_percent {
        let _ = write!(block, "\n  traffic  {percent} % to the new revision");
    }
    block
}

/// The expected remaining time, based on earlier deployments of the service.
fn left(facts: &Facts, now: Timestamp) -> Option<String> {
    let usual = facts.usual_time().filter(|time| time.as_secs() > 0)?;
    let ours = facts.deployment_ref.as_ref()?;
    let since = facts
        .service_deployment
        .as_ref()
        .and_then(|d| d.created_at)
        .or(ours.created_at)?;
    // The time is from AWS's clock, which may differ from ours.
    let passed = now.duration_since(since).max(SignedDuration::ZERO);
    let left = usual - passed;
    Some(if left.as_secs() > 0 {
        format!("about {} left", format_duration(left))
    } else {
        format!("usually {}", format_duration(usual))
    })
}

struct Row {
    id: String,
    definition: String,
    desired: String,
    running: u32,
    healthy: Option<u32>,
    is_ours: bool,
}

/// Our deployment comes first, counted by its tasks. The others are counted by the service.
fn rows(facts: &Facts, state: &DeploymentState) -> Vec<Row> {
    let identity = facts.deployment_ref.as_ref();
    let all = facts.service().map_or(&[][..], |s| &s.deployments);
    let is_ours = |d: &&Deployment| identity.is_some_and(|i| i.is_deployment(&d.id));
    let definition = |d: &Deployment| d.task_definition.clone().unwrap_or_default();
    let ours = all.iter().find(is_ours);
    let mut rows = vec![Row {
        id: identity
            .and_then(|i| i.ecs_svc_id.clone())
            .unwrap_or_default(),
        definition: ours
            .map(definition)
            .or_else(|| identity?.task_definition_arn.clone())
            .unwrap_or_default(),
        desired: state
            .tasks
            .desired
            .map_or_else(|| "?".to_owned(), |d| d.to_string()),
        running: state.tasks.running,
        healthy: Some(state.tasks.healthy),
        is_ours: true,
    }];
    rows.extend(all.iter().filter(|d| !is_ours(d)).map(|d| Row {
        id: d.id.clone(),
        definition: definition(d),
        desired: d.desired_count.unwrap_or_default().to_string(),
        running: d.running_count.unwrap_or_default(),
        healthy: None,
        is_ours: false,
    }));
    rows
}

/// The end of an ARN, or a whole deployment ID, cut if it is too long.
fn short(name: &str) -> String {
    let name = if is_arn(name) { short_name(name) } else { name };
    let name = plain_line(name);
    if name.chars().count() <= NAME {
        return name;
    }
    let kept: String = name.chars().take(NAME - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn names_are_shortened_and_control_characters_removed() {
        for (name, shown) in [
            ("arn:aws:ecs:eu-west-1:1:task-definition/web:7", "web:7"),
            ("ecs-svc/6160167573971084713", "ecs-svc/6160167573971084713"),
            ("a\u{1b}[2Jb", "ab"),
            (
                "a-very-long-name-of-a-service-it-is",
                "a-very-long-name-of-a-servi…",
            ),
        ] {
            assert_eq!(short(name), shown);
        }
    }
}
