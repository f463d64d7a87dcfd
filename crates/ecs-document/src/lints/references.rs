//! Roles, secrets and environment files: present if they are required, valid, in the right region.

use ecs_model::{Arn, ImageRef, is_arn};
use serde_json::Value;

use super::code::LintCode;
use super::context::{Container, LintContext, elements, text};
use crate::pointer;

pub(super) fn check(context: &mut LintContext<'_>) {
    for member in ["taskRoleArn", "executionRoleArn"] {
        if let Some(role) = text(context.definition, member)
            && let Some(wrong) = wrong_role(role)
        {
            context.report(
                LintCode::ArnShape,
                format!("/{member}"),
                format!("{member} {role:?} {wrong}"),
            );
        }
    }
    for container in context.containers() {
        for (at, secret) in secrets(&container) {
            if let Some(from) = text(secret, "valueFrom") {
                secret_from(context, &container, &format!("{at}/valueFrom"), from);
            }
        }
    }
    environment_files(context);
    execution_role(context);
}

/// Source: `EnvironmentFile` in AWS's API reference.
fn environment_files(context: &mut LintContext<'_>) {
    for container in context.containers() {
        let files = elements(container.value, "environmentFiles");
        for (index, file) in files.iter().enumerate() {
            let Some(arn) = text(file, "value") else {
                continue;
            };
            let is_s3 = Arn::try_from(arn).is_ok_and(|arn| arn.service == "s3");
            let wrong = match (is_s3, arn.ends_with(".env")) {
                (false, _) => "is not the ARN of an object in S3",
                (true, false) => "does not end in .env",
                (true, true) => continue,
            };
            let message = format!(
                "the environment file {arn:?} of container {} {wrong}",
                container.name
            );
            let at = format!("{}/{index}/value", container.pointer("environmentFiles"));
            context.report(LintCode::ArnShape, at, message);
        }
    }
}

/// All secrets of a container and its log driver, with their pointers.
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
        return (!is_name).then_some("is neither an ARN nor the name of a role");
    }
    match whole(role) {
        Some(arn) if arn.is_role() => None,
        Some(arn) if arn.service == "iam" => Some("is not the ARN of a role"),
        Some(_) => Some("is not an ARN of IAM"),
        None => Some("is not a complete ARN"),
    }
}

fn secret_from(context: &mut LintContext<'_>, container: &Container<'_>, at: &str, from: &str) {
    let name = container.name;
    if !is_arn(from) {
        if from.is_empty() || from.contains(char::is_whitespace) || from.contains("://") {
            // The text may be the secret itself, so the message must not contain it.
            let message = format!(
                "a secret of container {name} is neither an ARN nor the name of a parameter"
            );
            context.report(LintCode::ArnShape, at, message);
        }
        return;
    }
    let Some(arn) = whole(from) else {
        let message = format!("a secret of container {name} is not a complete ARN: {from:?}");
        context.report(LintCode::ArnShape, at, message);
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
            "a secret of container {name} is not an ARN that ECS accepts: {from:?}; use \
             …:secretsmanager:…:secret:NAME[:json-key:stage:version] or …:ssm:…:parameter/NAME"
        );
        context.report(LintCode::ArnShape, at, message);
    }
    if let Some(here) = context.target.region.as_deref()
        && arn.region != here
    {
        let message = format!(
            "a secret of container {name} is in {}, but the deployment is in {here}",
            arn.region
        );
        context.report(LintCode::OtherRegion, at, message);
    }
}

fn execution_role(context: &mut LintContext<'_>) {
    if text(context.definition, "executionRoleArn").is_some_and(|role| !role.is_empty()) {
        return;
    }
    let is_fargate = context.is_fargate;
    let needs = context.containers().into_iter().find_map(|container| {
        let value = container.value;
        let image = text(value, "image").unwrap_or_default();
        let driver = text(&value["logConfiguration"], "logDriver");
        // On EC2, the role of the instance is used for the last two.
        let (at, what, is_only_on_fargate) =
            if let Some((at, _)) = secrets(&container).into_iter().next() {
                (at, "has secrets", false)
            } else if !value["repositoryCredentials"].is_null() {
                (
                    container.pointer("repositoryCredentials"),
                    "pulls its image with credentials",
                    false,
                )
            } else if !elements(value, "environmentFiles").is_empty() {
                (
                    container.pointer("environmentFiles"),
                    "reads environment files from S3",
                    false,
                )
            } else if is_fargate && is_in_ecr(image) {
                (container.pointer("image"), "pulls its image from ECR", true)
            } else if is_fargate && driver == Some("awslogs") {
                (
                    container.pointer("logConfiguration"),
                    "logs to CloudWatch",
                    true,
                )
            } else {
                return None;
            };
        let needs = format!("container {} {what}", container.name);
        Some((at, needs, is_only_on_fargate))
    });
    if let Some((at, needs, is_only_on_fargate)) = needs {
        let message = format!("{needs}, but the definition has no executionRoleArn");
        if is_only_on_fargate {
            context.report_fargate(LintCode::ExecutionRole, at, message);
        } else {
            context.report(LintCode::ExecutionRole, at, message);
        }
    }
}

/// A complete ARN of AWS.
fn whole(text: &str) -> Option<Arn<'_>> {
    Arn::try_from(text).ok().filter(Arn::is_well_formed)
}

fn is_in_ecr(image: &str) -> bool {
    image
        .parse::<ImageRef>()
        .is_ok_and(|image| image.ecr().is_some())
}
