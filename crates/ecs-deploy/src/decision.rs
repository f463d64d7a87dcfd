//! Decides what a deployment will do: which revision runs, and whether the service is created,
//! updated or left unchanged. It reads what the decision needs, and writes nothing.

use serde_json::Value;

use crate::context::CommandContext;
use crate::error::Error;
use crate::images;
use crate::observe::{Observed, same_revision};
use crate::plan::consistency::problems;
use crate::plan::service::{Action, PlanOptions, ServicePlan, decide};
use crate::request::{DeployRequest, TaskDefinitionRef};

/// What will be done, and with which revision.
pub struct Decision {
    /// The ARN; `None` if the revision is not registered yet.
    pub revision: Option<String>,
    /// The newest revision of the family, if a document is compared with it.
    pub newest: Option<Value>,
    pub plan: ServicePlan,
}

impl Decision {
    /// Decides. `known` is the revision that this run has already registered: it counts even if a
    /// stale read does not contain it. An identical revision that already runs takes precedence.
    ///
    /// # Errors
    /// If the revision does not exist, if the service cannot be changed in this way, or if it
    /// neither exists nor can be created.
    pub async fn make(
        context: &CommandContext<'_>,
        request: &DeployRequest,
        observed: &Observed,
        known: Option<String>,
    ) -> Result<Self, Error> {
        let service = &request.service;
        let mut chosen = choose(context, &request.task_definition, observed).await?;
        chosen.revision = chosen.revision.or(known);
        let revision = chosen.revision.as_deref();
        let mut options = PlanOptions {
            force: request.options.force_new_deployment,
            update_desired_count: request.options.update_desired_count,
            moved_images: Vec::new(),
        };
        let last = observed.last.as_ref();
        let mut plan = decide(service, observed.live(), revision, last, &options)?;
        if plan.rests_on_images()
            && let (Some(definition), Some(live)) = (&chosen.definition, &observed.service)
        {
            options.moved_images = images::moved_images(definition, live, context).await?;
            plan = decide(service, observed.live(), revision, last, &options)?;
        }
        let is_kept = matches!(request.task_definition, TaskDefinitionRef::Kept);
        if plan.action == Action::Created && (!request.can_create || is_kept) {
            return Err(Error::NothingToCreate {
                service: service.service.clone(),
                cluster: service.cluster.clone(),
            });
        }
        let is_created = plan.action == Action::Created;
        let problems = problems(chosen.definition.as_ref(), service, is_created);
        if !problems.is_empty() {
            return Err(Error::Mismatch { problems });
        }
        Ok(Self {
            revision: chosen.revision,
            newest: chosen.newest,
            plan,
        })
    }
}

/// The revision to run.
#[derive(Default)]
struct ChosenRevision {
    revision: Option<String>,
    newest: Option<Value>,
    /// Its task definition, as declared or as registered.
    definition: Option<Value>,
}

async fn choose(
    context: &CommandContext<'_>,
    wanted: &TaskDefinitionRef,
    observed: &Observed,
) -> Result<ChosenRevision, Error> {
    let name = match wanted {
        TaskDefinitionRef::Document { value, family } => {
            let newest = context.task_definition(family).await?;
            let same = same_revision(context, value, observed.runs(), newest.clone());
            return Ok(ChosenRevision {
                revision: same.await?,
                newest,
                definition: Some(value.clone()),
            });
        }
        TaskDefinitionRef::Registered(name) => name.clone(),
        TaskDefinitionRef::Kept => match observed.runs() {
            Some(runs) => runs.to_owned(),
            None => return Ok(ChosenRevision::default()),
        },
    };
    let found = context.task_definition(&name).await?;
    let found = found.map(|f| f["taskDefinition"].clone());
    // A service continues to run a deregistered revision, but cannot be updated to it.
    let may_be_inactive = matches!(wanted, TaskDefinitionRef::Kept);
    match found.filter(|f| f["status"] == "ACTIVE" || may_be_inactive) {
        Some(found) => Ok(ChosenRevision {
            revision: found["taskDefinitionArn"].as_str().map(str::to_owned),
            newest: None,
            definition: Some(found),
        }),
        None => Err(Error::NoRevision { name }),
    }
}
