//! Carrying a decision out: register, write, compare the answer with what was declared, and report
//! what was done if something went wrong.

use ecs_model::{DeploymentRef, short_name};
use serde_json::Value;

use crate::context::CommandContext;
use crate::decision::Decision;
use crate::error::Error;
use crate::handle;
use crate::observe::Observed;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::live::{Change, Live};
use crate::plan::lost_write::overruled;
use crate::plan::service::{Action, ServicePlan};
use crate::report::{Data, Revision};
use crate::request::{DeployRequest, TaskDefinitionRef};
use crate::show;
use crate::write::{self, NotWritten};

/// The revision that is to run, registered now if it is yet to be.
pub async fn register(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    decision: &Decision,
    data: &mut Data,
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
    // Planning again finds what was registered the first time.
    let known = data.task_definition.as_ref();
    let registered = registered || known.is_some_and(|r| r.registered && r.arn == arn);
    data.task_definition = Some(Revision {
        arn: arn.clone(),
        registered,
    });
    data.leave(step);
    Ok(arn)
}

/// Carries a decision out; `None` if the service changed under it and the plan is void.
pub async fn apply(
    context: &CommandContext<'_>,
    request: &DeployRequest,
    arn: &str,
    observed: Observed,
    decision: Decision,
    data: &mut Data,
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
    data.leave(step);
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
        Err(NotWritten::Race) => return Ok(None),
        Err(other) => {
            let registered = data.task_definition.as_ref().is_some_and(|r| r.registered);
            let revision = registered.then_some(arn);
            return Err(not_written(other, context, &plan, revision, &observed));
        }
    };
    data.deployment = if answer.is_null() {
        observed.last.as_ref().map(|last| last.handle.clone())
    } else {
        DeploymentRef::from_write(&answer).ok()
    };
    data.leave(step);
    if !answer.is_null() {
        compare(context, service, &plan, arn, &answer)?;
    }
    if !plan.tags.is_empty() {
        tag(context, &plan, &observed, data).await?;
    }
    if let Some(known) = &mut data.deployment {
        handle::complete(known, context).await;
        if known.task_definition_arn.is_none() {
            known.task_definition_arn = Some(arn.to_owned());
        }
    }
    data.leave(step);
    show::outcome(&plan, service, arn, data, step);
    Ok(Some(plan))
}

async fn tag(
    context: &CommandContext<'_>,
    plan: &ServicePlan,
    observed: &Observed,
    data: &Data,
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
                    format!("everything else was done; the deployment {name} goes on")
                }
                _ => "nothing else was to be changed".to_owned(),
            },
            source: Box::new(source),
        })?;
    context
        .step
        .info(format!("tagged service {}", context.service));
    Ok(())
}

/// Compares the answer to the write with everything declared.
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
    let live = Live {
        service: answer,
        revision: None,
    };
    let overruled = overruled(service, arn, &sent, live);
    for change in &overruled.rewritten {
        let Change {
            member, from, to, ..
        } = change;
        let shown = match from {
            Value::Null => format!("ECS does not show {member}, and {to} was sent"),
            from => {
                format!("ECS shows {member} otherwise than it was told: {from} where {to} was sent")
            }
        };
        context
            .step
            .warn(format!("{shown}; a rerun will send it again"));
    }
    if overruled.by_others.is_empty() {
        return Ok(());
    }
    Err(lost(&service.service, &overruled.by_others, true))
}

fn lost(service: &str, changes: &[Change], ours_began: bool) -> Error {
    let one = |c: &Change| format!("{} is {}, declared is {}", c.member, c.from, c.to);
    Error::Lost {
        service: service.to_owned(),
        members: changes.iter().map(one).collect::<Vec<_>>().join("; "),
        state: if ours_began {
            "this run's own changes were written; run again to write these too, if nobody else \
             deploys this service"
        } else {
            "this run changed nothing of the service; let one pipeline deploy it at a time"
        }
        .to_owned(),
    }
}

fn not_written(
    why: NotWritten,
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
        NotWritten::Others(changes) => lost(&context.service, &changes, false),
        NotWritten::Blind(error) => error,
        NotWritten::Race => Error::Lost {
            service: context.service.clone(),
            members: "it was deleted".into(),
            state: "run again".into(),
        },
        NotWritten::Failed(source) => {
            let mut state = match registered {
                Some(arn) => format!("{} is registered, and a rerun uses it", short_name(arn)),
                None => "nothing was registered".to_owned(),
            };
            match observed.runs() {
                _ if source.may_have_succeeded => {
                    state.push_str("; whether the service changed is not known")
                }
                Some(runs) => state.push_str(&format!(
                    "; the service runs {} as before",
                    short_name(runs)
                )),
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
