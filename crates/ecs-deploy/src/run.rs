//! The story of a deployment, top to bottom: read what is declared, look at what there is, decide,
//! say it, write it, compare the answer, give the handle.

use pipeline_aws::{Ecs, Session};
use pipeline_io::{Done, Interrupt, Step};
use serde_json::Value;

use crate::active;
use crate::args::{Args, Wanted};
use crate::ask::Ask;
use crate::carry::carry_out;
use crate::declare::{Declaration, Outputs, Sources, declare};
use crate::documents;
use crate::error::Error;
use crate::images;
use crate::observe::{Observed, family_of, observe, same_revision};
use crate::plan::service::{Action, ServicePlan, Wishes, decide};
use crate::report::Data;
use crate::show;

/// How often a plan is made anew because the service came to be, or went, while we planned.
const PLANS: u32 = 3;

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
}

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let outputs = match &args.target.outputs {
        Some(path) => Some(documents::outputs(path)?),
        None => None,
    };
    deploy(&args, outputs, step).await.map_err(Into::into)
}

async fn deploy(args: &Args, outputs: Option<Outputs>, step: &Step) -> Result<Done, Error> {
    let declared = declared(args, outputs, step)?;
    let session = Session::open(&args.aws, step).await?;
    let service = &declared.declaration.service;
    let ask = Ask::new(Ecs::new(&session), service, session.region());
    let mut data = Data {
        cluster: service.cluster.clone(),
        service: service.service.clone(),
        region: session.region().to_owned(),
        ..Data::default()
    };
    data.leave(step);
    for _ in 0..PLANS {
        let mut observed = observe(&ask, service, step).await?;
        let mut decision = decision(args, &declared, &ask, &observed, &session).await?;
        if args.deploy.dry_run {
            return show::planned(args, &declared, &decision, &observed, data, step);
        }
        if active::settle(args, &ask, &decision.plan, service, step).await? {
            observed = observe(&ask, service, step).await?;
            decision = self::decision(args, &declared, &ask, &observed, &session).await?;
        }
        if let Some(done) =
            carry_out(args, &declared, &ask, observed, decision, &mut data, step).await?
        {
            return Ok(done);
        }
        step.note(format!(
            "service {} changed while this run planned: planning again",
            service.service
        ));
    }
    Err(Error::Lost {
        service: service.service.clone(),
        members: "it is created and deleted again and again".into(),
        state: "nothing was changed; see who else deploys it".into(),
    })
}

fn declared(args: &Args, outputs: Option<Outputs>, step: &Step) -> Result<Declared, Error> {
    let wanted = args.deploy.wanted()?;
    let definition = match &args.deploy.service_definition {
        Some(path) => Some(documents::service_definition(path, outputs.as_ref(), step)?),
        None => None,
    };
    let declaration = declare(Sources {
        definition,
        flags: args.deploy.service_flags(),
        outputs,
        cluster: args.target.cluster.clone(),
        service: args.target.service.clone(),
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
        declaration,
        target,
    })
}

/// What will be done, and with which revision.
pub struct Decision {
    /// `None` where it is yet to be registered.
    pub revision: Option<String>,
    /// The family's newest revision, where a document is compared with it.
    pub newest: Option<Value>,
    pub plan: ServicePlan,
}

async fn decision(
    args: &Args,
    declared: &Declared,
    ask: &Ask,
    observed: &Observed,
    session: &Session,
) -> Result<Decision, Error> {
    let service = &declared.declaration.service;
    let chosen = choose(&declared.target, ask, observed).await?;
    let revision = chosen.revision.as_deref();
    let mut wishes = Wishes {
        force: args.deploy.force_new_deployment,
        update_desired_count: args.deploy.update_desired_count,
        moved_images: Vec::new(),
    };
    let last = observed.last.as_ref();
    let mut plan = decide(service, observed.live(), revision, last, &wishes)?;
    if plan.rests_on_images()
        && let (Some(definition), Some(live)) = (&chosen.definition, &observed.service)
    {
        wishes.moved_images = images::moved(definition, live, ask, session).await?;
        plan = decide(service, observed.live(), revision, last, &wishes)?;
    }
    if plan.action == Action::Created
        && (!declared.declaration.can_create || matches!(declared.target, Target::Kept))
    {
        return Err(Error::NothingToCreate {
            service: service.service.clone(),
            cluster: service.cluster.clone(),
        });
    }
    Ok(Decision {
        revision: chosen.revision,
        newest: chosen.newest,
        plan,
    })
}

/// The revision that is to run.
struct Chosen {
    revision: Option<String>,
    newest: Option<Value>,
    /// Its task definition, as declared or as registered.
    definition: Option<Value>,
}

async fn choose(target: &Target, ask: &Ask, observed: &Observed) -> Result<Chosen, Error> {
    let name = match target {
        Target::Document { value, family } => {
            let newest = ask.revision(family).await?;
            return Ok(Chosen {
                revision: same_revision(ask, value, observed.runs(), newest.clone()).await?,
                newest,
                definition: Some(value.clone()),
            });
        }
        Target::Registered(name) => name.clone(),
        Target::Kept => match observed.runs() {
            Some(runs) => runs.to_owned(),
            None => {
                return Ok(Chosen {
                    revision: None,
                    newest: None,
                    definition: None,
                });
            }
        },
    };
    let found = ask.revision(&name).await?;
    let found = found.map(|f| f["taskDefinition"].clone());
    // A service goes on running a revision that was deregistered, but cannot be updated to it.
    match found.filter(|f| f["status"] == "ACTIVE" || matches!(target, Target::Kept)) {
        Some(found) => Ok(Chosen {
            revision: found["taskDefinitionArn"].as_str().map(str::to_owned),
            newest: None,
            definition: Some(found),
        }),
        None => Err(Error::NoRevision { name }),
    }
}
