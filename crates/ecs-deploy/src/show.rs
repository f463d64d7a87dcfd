//! What a person reads: the intention before the write, the outcome after it, and the plan of a
//! dry run as text, JSON and Markdown.

mod plan;
mod reason;

use ecs_model::{DeploymentRef, short_name};
use jiff::Timestamp;
use pipeline_io::{Done, Step, write_atomically};

use crate::active::described;
use crate::context::CommandContext;
use crate::decision::Decision;
use crate::error::Error;
use crate::observe::Observed;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::members::Effect;
use crate::plan::service::{Action, ServicePlan};
use crate::plan::strategy;
use crate::report::{Data, Revision};
use crate::request::{DeployRequest, TaskDefinitionRef};

use plan::Shown;
use reason::{forced, kept};

/// Says what is about to be written.
pub fn intention(plan: &ServicePlan, declared: &ServiceDeclaration, arn: &str, step: &Step) {
    let service = &declared.service;
    match plan.action {
        Action::Created => step.info(format!("creating service {service} on {}", short_name(arn))),
        Action::Unchanged => step.info(format!("service {service} is as declared")),
        Action::Joined => step.info(format!(
            "service {service} is as declared, and being deployed: joining"
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
    for member in plan.unseen.iter().filter(|_| plan.updates()) {
        step.info(format!(
            "{member} is sent along: nothing shows whether it differs"
        ));
    }
}

/// Says what became of it.
pub fn outcome(
    plan: &ServicePlan,
    declared: &ServiceDeclaration,
    arn: &str,
    data: &Data,
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
        Action::Updated if plan.starts == Effect::None => {
            format!("updated {service} without a deployment; the last one is {name}")
        }
        Action::Updated => format!("updated {service} to {revision}: deployment {name}"),
        Action::Forced => format!("{service} is deployed anew on {revision}: deployment {name}"),
        Action::Joined => format!("{service} is being deployed on {revision}: deployment {name}"),
        Action::Unchanged => {
            format!(
                "nothing to do: {service} runs {revision}, its last deployment {name} succeeded"
            )
        }
    };
    step.info(&sentence);
}

/// Ends a dry run: the plan on stdout, in the summary and in the result.
pub fn planned(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    decision: &Decision,
    observed: &Observed,
    mut data: Data,
) -> Result<Done, Error> {
    let step = context.step;
    let definition = &request.service.definition;
    let plan = &decision.plan;
    let shown = Shown {
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
            .jobs
            .iter()
            .map(|(phase, job)| (phase.flag(), job.said()))
            .collect(),
        creation: definition,
        rollout: strategy::said(&strategy::effective(
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
        write_atomically(path, shown.markdown().as_bytes())?;
    }
    step.summary(&shown.markdown());
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
    data.plan = Some(shown.json());
    // No deployment began, so there is none to wait for.
    data.leave(step);
    Ok(Done::value("planned", shown.text()))
}
