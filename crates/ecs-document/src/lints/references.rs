//! Roles and ARNs: there where they are needed, of the right shape, of the right region.

use ecs_model::{Arn, ImageRef, is_arn};
use serde_json::Value;

use super::code::Code;
use super::look::{Container, Look, elements, text};
use crate::pointer;

pub(super) fn look(look: &mut Look<'_>) {
    for member in ["taskRoleArn", "executionRoleArn"] {
        if let Some(role) = text(look.definition, member)
            && let Some(wrong) = wrong_role(role)
        {
            look.report(
                Code::ArnShape,
                format!("/{member}"),
                format!("{member} {role:?} {wrong}"),
            );
        }
    }
    for container in look.containers() {
        for (at, secret) in secrets(&container) {
            if let Some(from) = text(secret, "valueFrom") {
                secret_from(look, &container, &format!("{at}/valueFrom"), from);
            }
        }
    }
    execution_role(look);
}

/// All secrets of a container, with their pointers: its own and those of its log driver.
fn secrets<'d>(container: &Container<'d>) -> Vec<(String, &'d Value)> {
    let own = (
        container.pointer("secrets"),
        elements(container.value, "secrets"),
    );
    let log = container.pointer("logConfiguration") + "/secretOptions";
    let of_log = (
        log,
        elements(&container.value["logConfiguration"], "secretOptions"),
    );
    [own, of_log]
        .into_iter()
        .flat_map(|(at, list)| {
            list.iter()
                .enumerate()
                .map(move |(index, secret)| (pointer::join(&at, &index.to_string()), secret))
        })
        .collect()
}

fn wrong_role(role: &str) -> Option<&'static str> {
    if !is_arn(role) {
        let is_name = !role.is_empty()
            && role
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&b));
        return (!is_name).then_some("is neither an ARN nor a role's name");
    }
    match whole(role) {
        Some(arn) if arn.is_role() => None,
        Some(arn) if arn.service == "iam" => Some("is the ARN of no role"),
        Some(_) => Some("is no ARN of IAM"),
        None => Some("is no whole ARN"),
    }
}

fn secret_from(look: &mut Look<'_>, container: &Container<'_>, at: &str, from: &str) {
    let name = container.name;
    if !is_arn(from) {
        if from.is_empty() || from.contains(char::is_whitespace) || from.contains("://") {
            // What stands there may be the secret itself: it is not repeated.
            let message =
                format!("a secret of container {name} names neither an ARN nor a parameter");
            look.report(Code::ArnShape, at, message);
        }
        return;
    }
    let Some(arn) = whole(from) else {
        let message = format!("a secret of container {name} has no whole ARN: {from:?}");
        look.report(Code::ArnShape, at, message);
        return;
    };
    let is_right = match arn.service {
        "secretsmanager" => {
            arn.kind() == Some("secret") && matches!(arn.rest().split(':').count(), 1 | 4)
        }
        "ssm" => arn.kind() == Some("parameter"),
        _ => false,
    };
    if !is_right {
        let message = format!(
            "a secret of container {name} is of no shape that ECS takes: {from:?}; it takes \
             …:secretsmanager:…:secret:NAME[:json-key:stage:version] and …:ssm:…:parameter/NAME"
        );
        look.report(Code::ArnShape, at, message);
    }
    if let Some(here) = look.context.region.as_deref()
        && arn.region != here
    {
        let message = format!(
            "a secret of container {name} is in {}, and the deployment is in {here}",
            arn.region
        );
        look.report(Code::OtherRegion, at, message);
    }
}

fn execution_role(look: &mut Look<'_>) {
    if text(look.definition, "executionRoleArn").is_some_and(|role| !role.is_empty()) {
        return;
    }
    let is_fargate = look.is_fargate;
    let needs = look.containers().into_iter().find_map(|container| {
        let value = container.value;
        let image = text(value, "image").unwrap_or_default();
        let driver = text(&value["logConfiguration"], "logDriver");
        let found = if let Some((at, _)) = secrets(&container).into_iter().next() {
            (at, "has secrets")
        } else if !value["repositoryCredentials"].is_null() {
            (
                container.pointer("repositoryCredentials"),
                "pulls its image with credentials",
            )
        } else if !elements(value, "environmentFiles").is_empty() {
            (
                container.pointer("environmentFiles"),
                "has variables from S3",
            )
        } else if is_fargate && is_in_ecr(image) {
            (container.pointer("image"), "pulls its image from ECR")
        } else if is_fargate && driver == Some("awslogs") {
            (container.pointer("logConfiguration"), "logs to CloudWatch")
        } else {
            return None;
        };
        Some((found.0, format!("container {} {}", container.name, found.1)))
    });
    if let Some((at, needs)) = needs {
        let message = format!("{needs}, and the definition has no executionRoleArn");
        look.report(Code::ExecutionRole, at, message);
    }
}

/// An ARN in the form that AWS's own have.
fn whole(text: &str) -> Option<Arn<'_>> {
    Arn::try_from(text).ok().filter(Arn::is_well_formed)
}

fn is_in_ecr(image: &str) -> bool {
    image
        .parse::<ImageRef>()
        .is_ok_and(|image| image.ecr().is_some())
}
