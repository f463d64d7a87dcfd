//! Where logs go.

use super::code::Code;
use super::look::{Look, text};

/// The log drivers of Fargate.
const ON_FARGATE: [&str; 3] = ["awslogs", "splunk", "awsfirelens"];

pub(super) fn look(look: &mut Look<'_>) {
    let has_router = look
        .containers()
        .iter()
        .any(|c| c.value["firelensConfiguration"].is_object());
    for container in look.containers() {
        let log = &container.value["logConfiguration"];
        let Some(driver) = text(log, "logDriver") else {
            continue;
        };
        let at = container.pointer("logConfiguration");
        if look.is_fargate && !ON_FARGATE.contains(&driver) {
            let message = format!(
                "container {} logs by {driver}; Fargate has {}",
                container.name,
                ON_FARGATE.join(", ")
            );
            look.report(Code::FargateUnsupported, format!("{at}/logDriver"), message);
        }
        if driver == "awsfirelens" && !has_router {
            let message = format!(
                "container {} logs by awsfirelens, and no container has a firelensConfiguration",
                container.name
            );
            look.report(Code::LogOptions, format!("{at}/logDriver"), message);
        }
        if driver != "awslogs" {
            continue;
        }
        let needed: &[&str] = if look.is_fargate {
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
                "container {} logs by awslogs without {}",
                container.name,
                missing.join(" and ")
            );
            look.report(Code::LogOptions, at.clone(), message);
        }
        if let (Some(there), Some(here)) = (
            text(&log["options"], "awslogs-region"),
            look.context.region.as_deref(),
        ) && there != here
            && !there.is_empty()
        {
            let message = format!(
                "container {} logs to {there}, and the deployment is in {here}",
                container.name
            );
            look.report(
                Code::OtherRegion,
                format!("{at}/options/awslogs-region"),
                message,
            );
        }
    }
}
