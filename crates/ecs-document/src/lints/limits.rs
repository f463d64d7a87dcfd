//! Numbers and lengths that ECS limits. Sources: the descriptions in AWS's service model and API
//! reference.

use serde_json::Value;

use super::code::LintCode;
use super::context::{LintContext, elements};
use super::shape::path;

/// A member by its path, and the least and the greatest value that ECS accepts.
type Range = (&'static [&'static str], i64, i64);
/// A list or text by its path, and the greatest length that ECS accepts.
type Length = (&'static [&'static str], usize);

const TASK_LENGTHS: [Length; 1] = [(&["placementConstraints"], 10)];

const CONTAINER_RANGES: [Range; 4] = [
    (&["memory"], 6, i64::MAX),
    (&["memoryReservation"], 6, i64::MAX),
    (&["restartPolicy", "restartAttemptPeriod"], 60, 1800),
    (&["linuxParameters", "swappiness"], 0, 100),
];
const CONTAINER_LENGTHS: [Length; 3] = [
    (&["environmentFiles"], 10),
    (&["restartPolicy", "ignoredExitCodes"], 50),
    (&["credentialSpecs"], 1),
];
/// Fargate stops waiting for a container after two minutes.
const FARGATE_RANGES: [Range; 1] = [(&["startTimeout"], 2, 120)];

const SERVICE_RANGES: [Range; 2] = [
    (&["desiredCount"], 0, i64::MAX),
    (&["healthCheckGracePeriodSeconds"], 0, 2_147_483_647),
];
const SERVICE_LENGTHS: [Length; 8] = [
    (&["capacityProviderStrategy"], 20),
    (&["placementConstraints"], 10),
    (&["placementStrategy"], 5),
    (&["serviceRegistries"], 1),
    (&["volumeConfigurations"], 1),
    (&["clientToken"], 36),
    (
        &["networkConfiguration", "awsvpcConfiguration", "subnets"],
        16,
    ),
    (
        &[
            "networkConfiguration",
            "awsvpcConfiguration",
            "securityGroups",
        ],
        5,
    ),
];
const STRATEGY_RANGES: [Range; 2] = [(&["weight"], 0, 1000), (&["base"], 0, 100_000)];

/// Checks a task definition.
pub(super) fn check(context: &mut LintContext<'_>) {
    let definition = context.definition;
    lengths(context, definition, "", &TASK_LENGTHS);
    for container in context.containers() {
        ranges(context, container.value, &container.at, &CONTAINER_RANGES);
        lengths(context, container.value, &container.at, &CONTAINER_LENGTHS);
        if context.is_fargate {
            ranges(context, container.value, &container.at, &FARGATE_RANGES);
        }
    }
}

/// Checks a service definition.
pub(super) fn check_service(context: &mut LintContext<'_>) {
    let definition = context.definition;
    ranges(context, definition, "", &SERVICE_RANGES);
    lengths(context, definition, "", &SERVICE_LENGTHS);
    let strategy = elements(definition, "capacityProviderStrategy");
    for (index, item) in strategy.iter().enumerate() {
        let at = format!("/capacityProviderStrategy/{index}");
        ranges(context, item, &at, &STRATEGY_RANGES);
    }
}

fn ranges(context: &mut LintContext<'_>, value: &Value, at: &str, ranges: &[Range]) {
    for (names, least, most) in ranges {
        let (found, at) = member(value, at, names);
        let Some(number) = found.as_i64().filter(|n| !(*least..=*most).contains(n)) else {
            continue;
        };
        let accepted = if *most == i64::MAX {
            format!("at least {least}")
        } else {
            format!("{least} to {most}")
        };
        let message = format!("{} is {number}; ECS accepts {accepted}", path(&at));
        context.report(LintCode::OutOfRange, at, message);
    }
}

fn lengths(context: &mut LintContext<'_>, value: &Value, at: &str, lengths: &[Length]) {
    for (names, most) in lengths {
        let (found, at) = member(value, at, names);
        let (length, unit) = match found {
            Value::Array(elements) => (elements.len(), "elements"),
            Value::String(text) => (text.chars().count(), "characters"),
            _ => continue,
        };
        if length > *most {
            let message = format!(
                "{} has {length} {unit}; ECS accepts at most {most}",
                path(&at)
            );
            context.report_name(LintCode::OutOfRange, at, message);
        }
    }
}

/// The member at a path of names, and its pointer.
fn member<'v>(value: &'v Value, at: &str, names: &[&str]) -> (&'v Value, String) {
    let found = names.iter().fold(value, |value, name| &value[*name]);
    (found, format!("{at}/{}", names.join("/")))
}
