//! Back to the last deployment that succeeded. What is in progress is taken back by ECS itself;
//! what has ended is followed by a new deployment of the earlier revision, which stays registered.

use ecs_model::{DeploymentRef, short_name};
use pipeline_io::Done;
use serde_json::Value;

use super::Desk;
use super::steer::{find, take_back};
use crate::declare::Declaration;
use crate::error::Error;
use crate::plan::live::{Declared, Live};
use crate::plan::undo::{Undo, definition, undo};
use crate::report::Data;
use crate::run::Run;
use crate::wanted::{self, Target};

pub async fn run(desk: &Desk<'_>, handle: Option<DeploymentRef>) -> Result<Done, Error> {
    let (service, listed) = tokio::try_join!(desk.ask.service(), desk.ask.deployments(desk.step))?;
    let Some(service) = service.filter(|s| s["status"] == "ACTIVE") else {
        return Err(Error::NoService {
            service: desk.service.service.clone(),
            cluster: desk.service.cluster.clone(),
        });
    };
    if listed.is_empty() {
        return Err(Error::NoSuccess {
            service: desk.service.service.clone(),
            why: "its deployments cannot be listed".into(),
        });
    }
    let found = find(desk, handle.clone(), &listed).await?;
    if !found.now.status.is_final() {
        return take_back(desk, &found).await;
    }
    let newest = find(desk, None, &listed).await?;
    if handle.is_some()
        && newest.handle.service_deployment_arn != found.handle.service_deployment_arn
    {
        return Err(Error::NotLast {
            given: found.handle.name().unwrap_or_default().to_owned(),
            last: newest.handle.name().unwrap_or_default().to_owned(),
        });
    }
    let primary = DeploymentRef::from_write(&service).unwrap_or_default();
    let candidates = match undo(&listed, &primary) {
        Undo::To(candidates) => candidates,
        Undo::IsBack => {
            let mut data = Data::of(&desk.service, &desk.ask.region);
            data.handle = Some(primary);
            let said = format!(
                "service {} runs its last successful deployment already: ECS has rolled back",
                desk.service.service
            );
            return Ok(desk.done(data, "unchanged", &said));
        }
    };
    let mut unread = 0;
    for arn in candidates {
        let Some(revision) = desk.ask.service_revision(&arn).await? else {
            unread += 1;
            continue;
        };
        if let Some(declared) = differs(desk, &revision, &service) {
            let to = revision["taskDefinition"].as_str().unwrap_or_default();
            desk.step.note(format!(
                "going back to {}, which was deployed as {arn}",
                short_name(to)
            ));
            let run = Run {
                args: desk.args,
                declared: &declared,
                ask: &desk.ask,
                session: &desk.session,
                step: desk.step,
            };
            return run.to_its_end().await;
        }
    }
    Err(Error::NoSuccess {
        service: desk.service.service.clone(),
        why: match unread {
            0 => "no earlier deployment of something else succeeded".into(),
            n => format!("{n} service revisions cannot be read (ecs:DescribeServiceRevisions)"),
        },
    })
}

/// The revision as a declaration, where the service is not that already.
fn differs(desk: &Desk<'_>, revision: &Value, service: &Value) -> Option<wanted::Declared> {
    let task_definition = revision["taskDefinition"].as_str()?;
    let declared = Declared {
        definition: definition(revision, service),
        ..desk.service.clone()
    };
    let live = Live {
        service,
        revision: None,
    };
    if live.changes(&declared, Some(task_definition)).is_empty() {
        return None;
    }
    Some(wanted::Declared {
        declaration: Declaration {
            service: declared,
            task_definition: None,
            left_out: Vec::new(),
            can_create: false,
        },
        target: Target::Registered(task_definition.to_owned()),
        jobs: Vec::new(),
        key: String::new(),
    })
}
