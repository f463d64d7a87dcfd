//! Output for people: the intention before the write, the outcome after it, and the plan of a dry
//! run as text, JSON and Markdown.

mod plan;
mod reason;

use ecs_model::{DeploymentRef, short_name};
use jiff::Timestamp;
use pipeline_io::{Done, Step, write_atomically};

use crate::context::CommandContext;
use crate::decision::Decision;
use crate::error::Error;
use crate::in_progress::described;
use crate::observe::Observed;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::members::DeploymentEffect;
use crate::plan::service::{Action, ServicePlan};
use crate::plan::strategy;
use crate::report::{ResultData, Revision};
use crate::request::{DeployRequest, TaskDefinitionRef};

use plan::PlanView;
use reason::{forced, kept, skipped};

/// Prints what is about to be written.
pub fn intention(plan: &ServicePlan, declared: &ServiceDeclaration, arn: &str, step: &Step) {
    let service = &declared.service;
    match plan.action {
        Action::Created => step.info(format!("creating service {service} on {}", short_name(arn))),
        Action::Unchanged => step.info(format!("service {service} already matches")),
        Action::Joined => step.info(format!(
            "service {service} already matches and is being deployed: joining that deployment"
        )),
        Action::Forced | Action::Updated => {
            let members: Vec<&str> = plan.changes.iter().map(|c| c.member.as_str()).collect();
            if !members.is_empty() {
                step.info(format!(
                    "updating service {service}: {}",
                    members.join(", ")
                ));
            }
        }
    }
    if let Some(force) = &plan.force {
        step.info(forced(force));
    }
    if let Some((live, wanted)) = &plan.kept_count {
        step.info(kept(live, wanted));
    }
    if !plan.skipped_tags.is_empty() {
        step.warn(skipped(&plan.skipped_tags));
    }
    for member in plan.unseen.iter().filter(|_| plan.updates()) {
        step.info(format!(
            "{member} is sent, too: ECS does not return it, so it cannot be compared"
        ));
    }
}

/// Prints what was done.
pub fn outcome(
    plan: &ServicePlan,
    declared: &ServiceDeclaration,
    arn: &str,
    data: &ResultData,
    step: &Step,
) {
    let service = &declared.service;
    let name = data
        .deployment
        .as_ref()
        .and_then(DeploymentRef::name)
        .unwrap_or("unnamed");
    let revision = short_name(arn);
    let sentence = match plan.action {
        Action::Created => format!("created {service} on {revision}: deployment {name}"),
        Action::Updated if plan.starts == DeploymentEffect::None => {
            format!("updated {service} without a deployment; the last one is {name}")
        }
        Action::Updated => format!("updated {service} to {revision}: deployment {name}"),
        Action::Forced => format!("redeployed {service} on {revision}: deployment {name}"),
        Action::Joined => format!("{service} is being deployed on {revision}: deployment {name}"),
        Action::Unchanged => {
            format!(
                "nothing to do: {service} runs {revision}, and its last deployment {name} succeeded"
            )
        }
    };
    step.info(&sentence);
}

/// Finishes a dry run: the plan goes to stdout, to the job summary and to the result.
///
/// # Errors
/// If the file of `--plan-markdown` cannot be written.
pub fn planned(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    decision: &Decision,
    observed: &Observed,
    mut data: ResultData,
) -> Result<Done, Error> {
    let step = context.step;
    let definition = &request.service.definition;
    let plan = &decision.plan;
    let view = PlanView {
        cluster: &data.cluster.clone(),
        service: &data.service.clone(),
        region: &data.region.clone(),
        register: match (&decision.revision, &request.task_definition) {
            (None, TaskDefinitionRef::Document { family, .. }) => Some((
                family.as_str(),
                decision
                    .newest
                    .as_ref()
                    .and_then(|n| n["taskDefinition"]["taskDefinitionArn"].as_str()),
            )),
            _ => None,
        },
        revision: decision.revision.as_deref(),
        replaces: plan
            .competing
            .as_ref()
            .map(|c| described(c, Timestamp::now())),
        tasks: request
            .one_off
            .tasks
            .iter()
            .map(|(phase, spec)| (phase.flag(), spec.command_line()))
            .collect(),
        creation: definition,
        rollout: strategy::summary(&strategy::effective(
            definition,
            observed
                .service
                .as_ref()
                .filter(|s| s["status"] != "INACTIVE"),
        )),
        keep_revisions: request.options.keep_revisions,
        plan,
    };
    if let Some(path) = &request.options.plan_markdown {
        write_atomically(path, view.markdown().as_bytes())?;
    }
    step.summary(&view.markdown());
    data.action = Some(plan.action.as_str());
    data.set_changes(&plan.changes);
    data.previous_deployment = observed
        .service
        .as_ref()
        .and_then(|s| DeploymentRef::from_write(s).ok());
    data.task_definition = decision.revision.clone().map(|arn| Revision {
        arn,
        registered: false,
    });
    data.plan = Some(view.json());
    // No deployment started, so the result contains none to wait for.
    data.publish(step);
    Ok(Done::value("planned", view.text()))
}
