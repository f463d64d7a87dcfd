//! Log drivers and their options. Sources: `LogConfiguration` and `FirelensConfiguration` in AWS's
//! API reference.

use serde_json::Value;

use super::code::LintCode;
use super::context::{Container, LintContext, elements, text};

/// The log drivers that Fargate supports.
const ON_FARGATE: [&str; 3] = ["awslogs", "splunk", "awsfirelens"];

pub(super) fn check(context: &mut LintContext<'_>) {
    let has_router = firelens(context);
    for container in context.containers() {
        let log = &container.value["logConfiguration"];
        let Some(driver) = text(log, "logDriver") else {
            continue;
        };
        let at = container.pointer("logConfiguration");
        if context.is_fargate && !ON_FARGATE.contains(&driver) {
            let message = format!(
                "container {} uses the log driver {driver}; Fargate supports {}",
                container.name,
                ON_FARGATE.join(", ")
            );
            context.report(
                LintCode::FargateUnsupported,
                format!("{at}/logDriver"),
                message,
            );
        }
        if driver == "awsfirelens" && !has_router {
            let message = format!(
                "container {} uses awsfirelens, but no container has a firelensConfiguration",
                container.name
            );
            context.report(LintCode::LogOptions, format!("{at}/logDriver"), message);
        }
        if driver == "splunk" {
            splunk(context, &container, log, &at);
        }
        if driver != "awslogs" {
            continue;
        }
        let has = |option: &str| text(&log["options"], option).is_some();
        if has("awslogs-datetime-format") && has("awslogs-multiline-pattern") {
            let message = format!(
                "container {} uses both awslogs-datetime-format and awslogs-multiline-pattern",
                container.name
            );
            let at = format!("{at}/options/awslogs-multiline-pattern");
            context.report_name(LintCode::LogOptions, at, message);
        }
        let needed: &[&str] = if context.is_fargate {
            &["awslogs-group", "awslogs-region", "awslogs-stream-prefix"]
        } else {
            &["awslogs-group", "awslogs-region"]
        };
        let missing: Vec<&str> = needed
            .iter()
            .copied()
            .filter(|option| text(&log["options"], option).is_none_or(str::is_empty))
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "container {} uses awslogs without {}",
                container.name,
                missing.join(" and ")
            );
            context.report(LintCode::LogOptions, at.clone(), message);
        }
        if let (Some(there), Some(here)) = (
            text(&log["options"], "awslogs-region"),
            context.target.region.as_deref(),
        ) && there != here
            && !there.is_empty()
        {
            let message = format!(
                "container {} logs to {there}, but the deployment is in {here}",
                container.name
            );
            context.report(
                LintCode::OtherRegion,
                format!("{at}/options/awslogs-region"),
                message,
            );
        }
    }
}

/// Checks the log router. Returns whether there is one.
fn firelens(context: &mut LintContext<'_>) -> bool {
    let containers = context.containers();
    let routers: Vec<&Container<'_>> = containers
        .iter()
        .filter(|c| c.value["firelensConfiguration"].is_object())
        .collect();
    let is_used = containers
        .iter()
        .any(|c| c.value["logConfiguration"]["logDriver"] == "awsfirelens");
    if let [first, second, ..] = routers.as_slice() {
        let message = format!(
            "containers {} and {} both have a firelensConfiguration; ECS accepts one log router",
            first.name, second.name
        );
        let at = second.pointer("firelensConfiguration");
        context.report_name(LintCode::LogOptions, at, message);
    }
    if let ([router, ..], false) = (routers.as_slice(), is_used) {
        let message = format!(
            "container {} is a log router, but no container uses the log driver awsfirelens",
            router.name
        );
        let at = router.pointer("firelensConfiguration");
        context.report_name(LintCode::LogOptions, at, message);
    }
    for router in &routers {
        let options = &router.value["firelensConfiguration"]["options"];
        let at = router.pointer("firelensConfiguration") + "/options";
        let (kind, value) = (
            text(options, "config-file-type"),
            text(options, "config-file-value"),
        );
        if context.is_fargate && kind == Some("s3") {
            let message = format!(
                "container {} uses config-file-type s3, but Fargate supports only file",
                router.name
            );
            let at = format!("{at}/config-file-type");
            context.report_fargate(LintCode::FargateUnsupported, at, message);
        }
        if kind.is_some() != value.is_some() {
            let message = format!(
                "container {} needs both config-file-type and config-file-value",
                router.name
            );
            context.report(LintCode::LogOptions, at, message);
        }
    }
    !routers.is_empty()
}

/// The token may be a secret, and so in `secretOptions`.
fn splunk(context: &mut LintContext<'_>, container: &Container<'_>, log: &Value, at: &str) {
    let has = |option: &&str| {
        let is_secret = |secret: &Value| text(secret, "name") == Some(option);
        text(&log["options"], option).is_some_and(|value| !value.is_empty())
            || elements(log, "secretOptions").iter().any(is_secret)
    };
    let missing: Vec<&str> = ["splunk-token", "splunk-url"]
        .into_iter()
        .filter(|option| !has(option))
        .collect();
    if !missing.is_empty() {
        let message = format!(
            "container {} uses splunk without {}",
            container.name,
            missing.join(" and ")
        );
        context.report(LintCode::LogOptions, at, message);
    }
}
