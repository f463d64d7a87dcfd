//! The story of a deployment, top to bottom: read what is declared, look at what there is, decide,
//! say it, register, run what comes before, write the service, compare the answer, give the handle.

use ecs_model::{DeploymentRef, family_of};
use pipeline_aws::Session;
use pipeline_io::{Done, Interrupt, Step};
use serde_json::Value;

use crate::active;
use crate::args::Args;
use crate::ask::Ask;
use crate::carry;
use crate::commands;
use crate::declare::Outputs;
use crate::documents;
use crate::error::Error;
use crate::images;
use crate::jobs;
use crate::observe::{Observed, observe, same_revision};
use crate::plan::members::Effect;
use crate::plan::oneoff::Phase;
use crate::plan::service::{Action, ServicePlan, Wishes, decide};
use crate::prune;
use crate::report::Data;
use crate::show;
use crate::wanted::{Declared, Target, declared};

/// How often a plan is made anew because the service came to be, or went, while we planned.
const PLANS: u32 = 3;

/// What every part of one run shares.
pub struct Run<'a> {
    pub args: &'a Args,
    pub declared: &'a Declared,
    pub ask: &'a Ask,
    pub session: &'a Session,
    pub step: &'a Step,
}

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let outputs = match &args.target.outputs {
        Some(path) => Some(documents::outputs(path)?),
        None => None,
    };
    let ended = match args.command.clone() {
        None => deploy(&args, outputs, step).await,
        Some(command) => commands::run(&args, command, outputs, step).await,
    };
    ended.map_err(Into::into)
}

async fn deploy(args: &Args, outputs: Option<Outputs>, step: &Step) -> Result<Done, Error> {
    let declared = declared(&args.deploy, &args.target, outputs, step)?;
    let session = Session::open(&args.aws, step).await?;
    let service = &declared.declaration.service;
    let ask = Ask::new(&session, service);
    let run = Run {
        args,
        declared: &declared,
        ask: &ask,
        session: &session,
        step,
    };
    run.to_its_end().await
}

impl Run<'_> {
    /// Makes the service be what is declared.
    pub async fn to_its_end(&self) -> Result<Done, Error> {
        let Run {
            args,
            declared,
            ask,
            session,
            step,
        } = self;
        let service = &declared.declaration.service;
        let mut data = Data::of(service, session.region());
        data.leave(step);
        for _ in 0..PLANS {
            let (mut observed, mut decision) = self.look(&data).await?;
            if args.target.dry_run {
                return show::planned(self, &decision, &observed, data);
            }
            (observed, decision) = self.alone(observed, decision, &data).await?;
            let arn = carry::revision(self, &decision, &mut data).await?;
            if decision.plan.starts != Effect::None && declared.has(Phase::Before) {
                let live = observed.service.as_ref();
                jobs::run(self, Phase::Before, &arn, live, &mut data).await?;
                // That took its time: the service may be another one by now, and be deployed by
                // someone else.
                (observed, decision) = self.look(&data).await?;
                (observed, decision) = self.alone(observed, decision, &data).await?;
            }
            let Some(plan) = carry::out(self, &arn, observed, decision, &mut data).await? else {
                step.note(format!(
                    "service {} changed while this run planned: planning again",
                    service.service
                ));
                continue;
            };
            jobs::after(self, &plan, &arn, &mut data).await?;
            if let Some(keep) = args.deploy.prune {
                prune::run(keep, family_of(&arn), ask, &mut data, step).await;
            }
            let name = data.handle.as_ref().and_then(DeploymentRef::name);
            return Ok(Done::value(plan.action.as_str(), name.unwrap_or_default()));
        }
        Err(Error::Lost {
            service: service.service.clone(),
            members: "it is created and deleted again and again".into(),
            state: "nothing was changed; see who else deploys it".into(),
        })
    }

    /// Does what `--on-active` says about another deployment in progress; after a wait the plan is
    /// made anew, and someone may have deployed meanwhile.
    async fn alone(
        &self,
        mut observed: Observed,
        mut decision: Decision,
        data: &Data,
    ) -> Result<(Observed, Decision), Error> {
        let service = &self.declared.declaration.service;
        while active::settle(self.args, self.ask, &decision.plan, service, self.step).await? {
            (observed, decision) = self.look(data).await?;
        }
        Ok((observed, decision))
    }

    /// Looks at the service and decides. What this run has registered counts although a read that
    /// lags behind does not show it; an identical revision that runs already comes first.
    async fn look(&self, data: &Data) -> Result<(Observed, Decision), Error> {
        let service = &self.declared.declaration.service;
        let observed = observe(self.ask, service, self.step).await?;
        let known = data.task_definition.as_ref().map(|r| r.arn.clone());
        let decision = decision(self, &observed, known).await?;
        Ok((observed, decision))
    }
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
    run: &Run<'_>,
    observed: &Observed,
    known: Option<String>,
) -> Result<Decision, Error> {
    let Run {
        args,
        declared,
        ask,
        session,
        ..
    } = run;
    let service = &declared.declaration.service;
    let mut chosen = choose(&declared.target, ask, observed).await?;
    chosen.revision = chosen.revision.or(known);
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
