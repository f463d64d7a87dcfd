//! Carries out a decision: registers the revision, writes the service, compares the response with
//! the declaration, and reports what was done if something failed.

use ecs_model::{DeploymentRef, short_name};
use serde_json::Value;

use crate::context::CommandContext;
use crate::decision::Decision;
use crate::deployment_ref;
use crate::error::Error;
use crate::observe::Observed;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::live::{Change, LiveService};
use crate::plan::lost_write::conflicts;
use crate::plan::service::{Action, ServicePlan};
use crate::report::{ResultData, Revision};
use crate::request::{DeployRequest, TaskDefinitionRef};
use crate::show;
use crate::write::{self, WriteError};

/// Returns the revision to run, and registers it first if necessary.
pub async fn register(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    decision: &Decision,
    data: &mut ResultData,
) -> Result<String, Error> {
    let step = context.step;
    let (arn, registered) = match (&decision.revision, &request.task_definition) {
        (Some(arn), TaskDefinitionRef::Document { .. }) => {
            if data.task_definition.is_none() {
                step.info(format!("no new revision: identical to {}", short_name(arn)));
            }
            (arn.clone(), false)
        }
        (Some(arn), _) => (arn.clone(), false),
        (None, TaskDefinitionRef::Document { value, family }) => {
            let digest_tag = request.options.digest_tag;
            let arn = write::register(context, value, family, digest_tag).await?;
            step.info(format!("registered {}", short_name(&arn)));
            (arn, true)
        }
        (None, TaskDefinitionRef::Registered(name)) => {
            return Err(Error::NoRevision { name: name.clone() });
        }
        (None, TaskDefinitionRef::Kept) => {
            return Err(Error::NoRevision {
                name: "of the service".into(),
            });
        }
    };
    // If the run plans again, the revision of the first attempt counts as registered by this run.
    let known = data.task_definition.as_ref();
    let registered = registered || known.is_some_and(|r| r.registered && r.arn == arn);
    data.task_definition = Some(Revision {
        arn: arn.clone(),
        registered,
    });
    data.publish(step);
    Ok(arn)
}

/// Carries out a decision. `None` if the service changed in the meantime and the plan is no longer
/// valid.
pub async fn apply(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    arn: &str,
    observed: Observed,
    decision: Decision,
    data: &mut ResultData,
) -> Result<Option<ServicePlan>, Error> {
    let step = context.step;
    let plan = decision.plan;
    let service = &request.service;
    data.action = Some(plan.action.as_str());
    data.set_changes(&plan.changes);
    data.previous_deployment = observed
        .service
        .as_ref()
        .and_then(|s| DeploymentRef::from_write(s).ok());
    data.publish(step);
    show::intention(&plan, service, arn, step);

    let written = match plan.action {
        Action::Created => write::create(context, service, arn).await,
        _ if plan.updates() => {
            let before = observed.service.as_ref().unwrap_or(&Value::Null);
            write::update(context, &plan, service, arn, before).await
        }
        _ => Ok(Value::Null),
    };
    let answer = match written {
        Ok(answer) => answer,
        Err(WriteError::Race) => return Ok(None),
        Err(other) => {
            let registered = data.task_definition.as_ref().is_some_and(|r| r.registered);
            let revision = registered.then_some(arn);
            return Err(not_written(other, context, &plan, revision, &observed));
        }
    };
    data.deployment = if answer.is_null() {
        observed.last.as_ref().map(|last| last.deployment.clone())
    } else {
        DeploymentRef::from_write(&answer).ok()
    };
    data.publish(step);
    if !answer.is_null() {
        compare(context, service, &plan, arn, &answer)?;
    }
    if !plan.tags.is_empty() {
        tag(context, &plan, &observed, data).await?;
    }
    if let Some(known) = &mut data.deployment {
        deployment_ref::complete(known, context).await;
        if known.task_definition_arn.is_none() {
            known.task_definition_arn = Some(arn.to_owned());
        }
    }
    data.publish(step);
    show::outcome(&plan, service, arn, data, step);
    Ok(Some(plan))
}

async fn tag(
    context: &CommandContext<'_>,
    plan: &ServicePlan,
    observed: &Observed,
    data: &ResultData,
) -> Result<(), Error> {
    let arn = observed
        .service
        .as_ref()
        .and_then(|s| s["serviceArn"].as_str());
    write::tag(context, arn.unwrap_or_default(), &plan.tags)
        .await
        .map_err(|source| Error::Write {
            what: format!("tagging service {}", context.service),
            state: match data.deployment.as_ref().and_then(DeploymentRef::name) {
                Some(name) if plan.updates() => {
                    format!("everything else was done; deployment {name} continues")
                }
                _ => "nothing else had to change".to_owned(),
            },
            source: Box::new(source),
        })?;
    context
        .step
        .info(format!("tagged service {}", context.service));
    Ok(())
}

/// Compares the response to the write with everything declared.
fn compare(
    context: &CommandContext<'_>,
    service: &ServiceDeclaration,
    plan: &ServicePlan,
    arn: &str,
    answer: &Value,
) -> Result<(), Error> {
    let sent: Vec<String> = match plan.action {
        Action::Created => service
            .definition
            .keys()
            .cloned()
            .chain(["taskDefinition".into()])
            .collect(),
        _ => plan.changes.iter().map(|c| c.member.clone()).collect(),
    };
    let live = LiveService {
        service: answer,
        revision: None,
    };
    let conflicts = conflicts(service, arn, &sent, live);
    for change in &conflicts.rewritten {
        let Change {
            member, from, to, ..
        } = change;
        let shown = match from {
            Value::Null => format!("ECS does not return {member}, but {to} was sent"),
            from => {
                format!("ECS returns {member} with {from}, but {to} was sent")
            }
        };
        context
            .step
            .warn(format!("{shown}; a re-run sends it again"));
    }
    if conflicts.by_others.is_empty() {
        return Ok(());
    }
    Err(lost(&service.service, &conflicts.by_others, true))
}

fn lost(service: &str, changes: &[Change], ours_began: bool) -> Error {
    let one = |c: &Change| format!("{} is {}, but {} is declared", c.member, c.from, c.to);
    Error::OtherWriter {
        service: service.to_owned(),
        members: changes.iter().map(one).collect::<Vec<_>>().join("; "),
        state: if ours_began {
            "the changes of this run were written; run again to write these, too, unless another \
             pipeline deploys this service"
        } else {
            "this run did not change the service; let only one pipeline deploy it at a time"
        }
        .to_owned(),
    }
}

fn not_written(
    why: WriteError,
    context: &CommandContext<'_>,
    plan: &ServicePlan,
    registered: Option<&str>,
    observed: &Observed,
) -> Error {
    let what = match plan.action {
        Action::Created => format!("creating service {}", context.service),
        _ => format!("updating service {}", context.service),
    };
    match why {
        WriteError::OtherWriter(changes) => lost(&context.service, &changes, false),
        WriteError::Unreadable(error) => error,
        WriteError::Race => Error::OtherWriter {
            service: context.service.clone(),
            members: "it was deleted".into(),
            state: "run again".into(),
        },
        WriteError::Failed(source) => {
            let mut state = match registered {
                Some(arn) => format!("{} is registered, and a re-run uses it", short_name(arn)),
                None => "nothing was registered".to_owned(),
            };
            match observed.runs() {
                _ if source.may_have_succeeded => {
                    state.push_str("; it is not known whether the service changed")
                }
                Some(runs) => {
                    state.push_str(&format!("; the service still runs {}", short_name(runs)))
                }
                None => state.push_str("; the service was not created"),
            }
            Error::Write {
                what,
                state,
                source,
            }
        }
    }
}
