//! Log drivers and their options.

use super::code::LintCode;
use super::context::{LintContext, text};

/// The log drivers that Fargate supports.
const ON_FARGATE: [&str; 3] = ["awslogs", "splunk", "awsfirelens"];

pub(super) fn check(context: &mut LintContext<'_>) {
    let has_router = context
        .containers()
        .iter()
        .any(|c| c.value["firelensConfiguration"].is_object());
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
        if driver != "awslogs" {
            continue;
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
