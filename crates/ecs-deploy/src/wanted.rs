//! Everything that flags and files say, read before anything is asked of AWS.

use ecs_model::family_of;
use pipeline_io::Step;
use serde_json::Value;

use crate::args::{DeployArgs, TargetArgs, Wanted};
use crate::declare::{Declaration, Outputs, Sources, declare};
use crate::documents;
use crate::error::Error;
use crate::jobs;
use crate::plan::oneoff::{Job, Phase};

/// What is to run: a document, perhaps not registered yet, or a registered revision.
pub enum Target {
    Document {
        value: Value,
        family: String,
    },
    Registered(String),
    /// Nothing is named: a live service keeps its revision.
    Kept,
}

/// Everything that the flags and files say, read before anything is asked of AWS.
pub struct Declared {
    pub declaration: Declaration,
    pub target: Target,
    /// One-off tasks, in the order they are given.
    pub jobs: Vec<(Phase, Job)>,
    /// What one-off tasks are found again by.
    pub key: String,
}

/// Reads it all.
pub fn declared(
    deploy: &DeployArgs,
    target: &TargetArgs,
    outputs: Option<Outputs>,
    step: &Step,
) -> Result<Declared, Error> {
    let wanted = deploy.wanted()?;
    let definition = match &deploy.service_definition {
        Some(path) => Some(documents::service_definition(path, outputs.as_ref(), step)?),
        None => None,
    };
    let declaration = declare(Sources {
        definition,
        flags: deploy.service_flags(),
        outputs: outputs.clone(),
        cluster: target.cluster.clone(),
        service: target.service.clone(),
    })?;
    if !declaration.left_out.is_empty() {
        step.note(format!(
            "left out of the service definition what only answers have: {}",
            declaration.left_out.join(", ")
        ));
    }
    let target = match (wanted, &declaration.task_definition) {
        (Some(Wanted::File(path)), _) => {
            let value = documents::task_definition(&path, step)?;
            let family = value["family"].as_str().unwrap_or_default().to_owned();
            Target::Document { value, family }
        }
        (Some(Wanted::Registered(name)), _) => Target::Registered(name),
        (None, Some(name)) => Target::Registered(name.clone()),
        (None, None) => Target::Kept,
    };
    if let (Target::Document { family, .. }, Some(named)) = (&target, &declaration.task_definition)
        && family_of(named) != family
    {
        return Err(Error::Usage {
            message: format!(
                "the task definition's family is {family}, the service definition names {named}"
            ),
            hint: "take taskDefinition out of the service definition".into(),
        });
    }
    Ok(Declared {
        jobs: jobs::read(deploy, &outputs, step)?,
        key: jobs::key(deploy, step),
        declaration,
        target,
    })
}
