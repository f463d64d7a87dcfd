//! `verify`: checks against ECS, registries, ELB and CloudWatch Logs before anything changes. It
//! only reads. Whatever it is not allowed to read, it reports as unknown.

use aws_sdk_cloudwatchlogs::config::{Builder, Region};
use ecs_client::Operation;
use ecs_model::{Arn, ImageRef};
use pipeline_aws::Session;
use pipeline_io::{Done, Exit, Severity};
use serde_json::{Value, json};

use crate::context::CommandContext;
use crate::error::Error;
use crate::images::{ImageLookup, look_up};
use crate::plan::consistency;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::verify::{
    Check, CheckResult, IMAGES, INFRASTRUCTURE, TargetGroupRef, containers, groups, log_groups,
    missing_providers, table,
};
use crate::request::{TaskDefinitionRef, VerifyRequest};

pub async fn run(context: &CommandContext<'_>, request: &VerifyRequest) -> Result<Done, Error> {
    let VerifyRequest {
        service,
        task_definition,
    } = request;
    let (step, session) = (context.step, &context.session);
    let definition = match task_definition {
        TaskDefinitionRef::Document { value, .. } => Some(value.clone()),
        TaskDefinitionRef::Registered(name) => {
            let found = context.task_definition(name).await?;
            let found = found.ok_or_else(|| Error::NoRevision { name: name.clone() })?;
            Some(found["taskDefinition"].clone())
        }
        TaskDefinitionRef::Kept => None,
    };
    let mut checks = cluster(context, service).await?;
    checks.extend(consistency::checks(definition.as_ref(), service));
    if let Some(definition) = &definition {
        checks.extend(images(definition, context).await);
        checks.extend(logs(definition, session).await);
    }
    checks.extend(target_groups(service, session).await);
    let wrong: Vec<&Check> = checks
        .iter()
        .filter(|c| c.found == CheckResult::Wrong)
        .collect();
    for check in &wrong {
        step.annotate(Severity::Error, None, &check.sentence());
    }
    let word = if wrong.is_empty() {
        "verified"
    } else {
        "wrong"
    };
    let exit = if wrong.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    };
    let mut data = context.data();
    data.action = Some(word);
    data.checks = checks.clone();
    data.publish(step);
    let mut done = Done::value(word, table(&checks));
    done.exit = exit;
    Ok(done)
}

async fn cluster(
    context: &CommandContext<'_>,
    service: &ServiceDeclaration,
) -> Result<Vec<Check>, Error> {
    let what = format!("cluster {}", service.cluster);
    let body = json!({"clusters": [service.cluster]});
    let answer = match context.call(Operation::DescribeClusters, &body).await {
        Ok(answer) => answer,
        Err(e) => return Ok(vec![Check::unknown(what, e.to_string())]),
    };
    let cluster = &answer["clusters"][0];
    let mut checks = vec![match cluster["status"].as_str() {
        Some("ACTIVE") => Check::good(what, "is ACTIVE"),
        Some(status) => Check::wrong(what, format!("is {status}"), INFRASTRUCTURE),
        None => Check::wrong(
            what,
            format!("does not exist in {}", context.region()),
            INFRASTRUCTURE,
        ),
    }];
    for name in missing_providers(service, cluster) {
        let what = format!("capacity provider {name}");
        checks.push(Check::wrong(
            what,
            "is not associated with the cluster",
            INFRASTRUCTURE,
        ));
    }
    Ok(checks)
}

async fn images(definition: &Value, context: &CommandContext<'_>) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for container in containers(definition) {
        let image = container["image"].as_str().unwrap_or_default();
        let what = format!("image {image}");
        if checks.iter().any(|c| c.what == what) {
            continue;
        }
        let looked = match image.parse::<ImageRef>() {
            Ok(image) => look_up(&image, context).await,
            Err(error) => ImageLookup::Unknown(error.to_string()),
        };
        checks.push(match looked {
            ImageLookup::Found(_) => Check::good(what, "exists in its registry"),
            ImageLookup::Missing => Check::wrong(what, "does not exist in its registry", IMAGES),
            ImageLookup::Unknown(why) => Check::unknown(what, format!("cannot be checked: {why}")),
        });
    }
    checks
}

async fn logs(definition: &Value, session: &Session) -> Vec<Check> {
    let mut checks = Vec::new();
    for (group, region) in log_groups(definition) {
        let mut config = Builder::from(session.config());
        if let Some(region) = region {
            config = config.region(Region::new(region));
        }
        let client = aws_sdk_cloudwatchlogs::Client::from_conf(config.build());
        let what = format!("log group {group}");
        // The prefix also matches longer names, but the exact name comes first.
        let asked = client
            .describe_log_groups()
            .log_group_name_prefix(&group)
            .send()
            .await;
        checks.push(match asked {
            Ok(answer)
                if answer
                    .log_groups()
                    .iter()
                    .any(|g| g.log_group_name() == Some(&group)) =>
            {
                Check::good(what, "exists")
            }
            Ok(_) => Check::wrong(
                what,
                "does not exist: tasks would not start",
                INFRASTRUCTURE,
            ),
            Err(e) => Check::unknown(what, code(e.into_service_error().meta().code())),
        });
    }
    checks
}

async fn target_groups(service: &ServiceDeclaration, session: &Session) -> Vec<Check> {
    let client = aws_sdk_elasticloadbalancingv2::Client::new(session.config());
    let mut checks = Vec::new();
    for group in groups(service) {
        checks.push(target_group(&group, &client).await);
    }
    checks
}

async fn target_group(
    wanted: &TargetGroupRef<'_>,
    client: &aws_sdk_elasticloadbalancingv2::Client,
) -> Check {
    let arn = Arn::try_from(wanted.arn).ok();
    let name = arn.and_then(|arn| arn.path().first().copied());
    let name = name.unwrap_or(wanted.arn);
    let what = format!("target group {name}");
    let asked = client
        .describe_target_groups()
        .target_group_arns(wanted.arn)
        .send()
        .await;
    let group = match &asked {
        Ok(answer) => answer.target_groups().first(),
        Err(e)
            if e.as_service_error()
                .is_some_and(|e| e.is_target_group_not_found_exception()) =>
        {
            None
        }
        Err(e) => {
            let detail = e.as_service_error().and_then(|e| e.meta().code());
            return Check::unknown(what, code(detail));
        }
    };
    let kind = group.and_then(|g| g.target_type()).map(|t| t.as_str());
    let is_used = group.is_some_and(|g| !g.load_balancer_arns().is_empty());
    match kind {
        None => Check::wrong(what, "does not exist", INFRASTRUCTURE),
        Some("ip") if is_used => Check::good(what, "target type is ip, attached to a listener"),
        Some("ip") if wanted.is_alternate => Check::good(what, "target type is ip"),
        Some("ip") => {
            let detail = "is not attached to a listener: CreateService would reject it";
            Check::wrong(what, detail, INFRASTRUCTURE)
        }
        Some(kind) => {
            let detail = format!("target type is {kind}, but awsvpc tasks need ip");
            Check::wrong(what, detail, INFRASTRUCTURE)
        }
    }
}

fn code(code: Option<&str>) -> String {
    format!("cannot be checked: {}", code.unwrap_or("no response"))
}
