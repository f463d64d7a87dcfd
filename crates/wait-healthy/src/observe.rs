//! The loop: read what the verdict wants, see it, judge, sleep.
//!
//! Politeness: one DescribeServiceDeployments a poll; tasks, targets and the service only when
//! something changed or every ten seconds, within an allowance, and when the verdict wants them.

use std::time::Duration;

use ecs_model::{ServiceDeployment, ServiceDeploymentStatus, ServiceEvent, TaskDefinition};
use jiff::{SignedDuration, Timestamp};
use pipeline_aws::{AwsError, Kind};
use rollout::{Judgement, Outcome, Refusal, Sight, Verdict, Watch};

use crate::Error;
use crate::allowance::Allowance;
use crate::args::Plan;
use crate::aws::Reader;
use crate::clock::Clock;

/// Shortest and longest pause between two polls, in milliseconds.
const PAUSE: std::ops::Range<u64> = 1_000..2_500;

/// The longest pause, when AWS throttles or is out of reach.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often everything is looked at, whether something changed or not.
const FULL_LOOK: SignedDuration = SignedDuration::from_secs(10);

/// How long the proof of a success is looked for at every poll; later, within the allowance.
const PROVING: SignedDuration = SignedDuration::from_secs(20);

/// What the loop tells while it goes on.
pub trait Audience {
    /// After each look.
    fn look(&mut self, watch: &Watch, now: Timestamp);
    /// New events of the service.
    fn events(&mut self, events: &[ServiceEvent]);
    /// AWS could not be asked; the wait goes on.
    fn trouble(&mut self, error: &AwsError, pause: Duration);
}

/// What ECS counts of a deployment's tasks: fewer that run, or more that failed, is a crash.
#[derive(Debug, Clone, Copy, Default)]
struct Life {
    running: Option<u32>,
    failed: Option<u32>,
}

/// A watch with what the reading of it needs.
#[derive(Debug)]
pub struct Observer {
    pub reader: Reader,
    pub watch: Watch,
    /// The task definition, for its log configuration.
    pub definition: Option<TaskDefinition>,
    clock: Clock,
    last_full_look: Option<Timestamp>,
    last_state: String,
    /// At the last look at the tasks.
    last_life: Life,
    allowance: Allowance,
    /// Since when all that is missing is the sight of healthy tasks.
    proving: Option<Timestamp>,
    trouble: Option<Box<AwsError>>,
    failures: u32,
}

impl Observer {
    pub fn new(reader: Reader, plan: &Plan, clock: Clock) -> Self {
        Self {
            reader,
            watch: Watch::new(plan.question.clone(), clock.started()),
            definition: None,
            clock,
            last_full_look: None,
            last_state: String::new(),
            last_life: Life::default(),
            allowance: Allowance::starting(clock.started()),
            proving: None,
            trouble: None,
            failures: 0,
        }
    }

    /// Watches until there is a verdict.
    pub async fn observe(
        &mut self,
        plan: &Plan,
        audience: &mut impl Audience,
    ) -> Result<Verdict, Error> {
        loop {
            let mut pause = Duration::from_millis(fastrand::u64(PAUSE));
            match self.look(audience).await {
                Ok(()) => {
                    self.trouble = None;
                    self.failures = 0;
                }
                Err(Error::Aws(error)) if is_passing(&error) || self.is_not_there(&error) => {
                    if error.kind == Kind::NotFound {
                        // Whether the service is gone is told by itself.
                        let _ = self.read_service(audience).await;
                    }
                    self.failures += 1;
                    pause = pause
                        .saturating_mul(2u32.saturating_pow(self.failures))
                        .min(LONGEST_PAUSE);
                    audience.trouble(&error, pause);
                    self.trouble = Some(error);
                }
                Err(Error::Aws(source)) if self.watch.service().is_some() => {
                    return Err(Error::CutOff {
                        service: plan.service.clone(),
                        source,
                    });
                }
                Err(error) => return Err(error),
            }
            let now = self.clock.now();
            audience.look(&self.watch, now);
            match self.watch.judge(now) {
                Judgement::Waiting => {}
                Judgement::Decided(verdict) => return self.decided(plan, verdict),
                Judgement::Refused(refusal) => return Err(refused(plan, refusal)),
            }
            let left = self.watch.deadline().duration_since(now);
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
            tokio::time::sleep(pause.min(left.max(Duration::from_millis(10)))).await;
        }
    }

    /// A service that was seen may be missing from another late look, or be deleted meanwhile.
    fn is_not_there(&self, error: &AwsError) -> bool {
        error.kind == Kind::NotFound && self.watch.service().is_some()
    }

    /// Time that was up while AWS could not be asked says nothing about the deployment.
    fn decided(&mut self, plan: &Plan, verdict: Verdict) -> Result<Verdict, Error> {
        match (self.trouble.take(), &verdict.outcome) {
            (Some(source), Outcome::TimedOut(_)) => Err(Error::OutOfReach {
                service: plan.service.clone(),
                source,
            }),
            _ => Ok(verdict),
        }
    }

    /// One look: what is cheap always, the rest when it is due.
    async fn look(&mut self, audience: &mut impl Audience) -> Result<(), Error> {
        if self.watch.service().is_none() {
            self.read_service(audience).await?;
        }
        if self.watch.service().is_none() {
            // Not there, or not yet: nothing else of it can be read.
            return Ok(());
        }
        if self.watch.wants().listing {
            let at = self.clock.now();
            let sight = self.reader.listing().await?;
            self.watch.see(at, sight);
        }
        let arn = self
            .watch
            .handle()
            .and_then(|h| h.service_deployment_arn.clone());
        // An end is an end: of a success only the proof is missing.
        let is_done = |d: &ServiceDeployment| d.status == ServiceDeploymentStatus::Successful;
        if let Some(arn) = arn.filter(|_| !self.watch.deployment().is_some_and(is_done)) {
            let at = self.clock.now();
            let sight = self.reader.deployment(&arn).await?;
            self.watch.see(at, sight);
        }
        let wants = self.watch.wants();
        let now = self.clock.now();
        let state = self.state();
        let may = self.allowance.after(self.reader.take_asked(), now);
        let is_due = self
            .last_full_look
            .is_none_or(|last| now.duration_since(last) >= FULL_LOOK);
        // A crash is told at once: what it costs, later looks save.
        let life = self.life();
        let stopped = life.running < self.last_life.running || life.failed > self.last_life.failed;
        let looks = stopped || may && (is_due || state != self.last_state);
        let proves = wants.tasks && (self.has_just_succeeded(now) || may);
        let needed = wants.service && (proves || !wants.tasks);
        if needed || looks {
            self.read_service(audience).await?;
        }
        if let Some(arn) = &wants.revision {
            let at = self.clock.now();
            if let Some(sight) = self.reader.revision(arn).await? {
                self.watch.see(at, sight);
            }
        }
        if let Some(arn) = &wants.task_definition {
            let at = self.clock.now();
            let sight = self.reader.task_definition(arn).await?;
            if let Sight::TaskDefinition(definition) = &sight {
                self.definition = Some(TaskDefinition::clone(definition));
            }
            self.watch.see(at, sight);
        }
        if proves || looks {
            self.read_tasks().await?;
            self.last_full_look = Some(now);
            self.last_state = state;
            self.last_life = life;
        }
        Ok(())
    }

    /// Whether the proof of a success is looked for at every poll, past the allowance.
    fn has_just_succeeded(&mut self, now: Timestamp) -> bool {
        let since = *self.proving.get_or_insert(now);
        now.duration_since(since) < PROVING
    }

    async fn read_service(&mut self, audience: &mut impl Audience) -> Result<(), Error> {
        let at = self.clock.now();
        let sight = self.reader.service().await?;
        let events = self.watch.see(at, sight);
        audience.events(&events);
        Ok(())
    }

    /// Looks for the service deployment's ARN once more, without which ECS cannot be asked for
    /// anything about it.
    pub async fn find(&mut self) -> Result<(), Error> {
        if self.watch.service().is_none() {
            let at = self.clock.now();
            let sight = self.reader.service().await?;
            self.watch.see(at, sight);
        }
        let at = self.clock.now();
        let sight = self.reader.listing().await?;
        self.watch.see(at, sight);
        Ok(())
    }

    /// The service's tasks, and the health of the targets where ours are registered.
    pub async fn read_tasks(&mut self) -> Result<(), Error> {
        let at = self.clock.now();
        let sight = self.reader.tasks().await?;
        self.watch.see(at, sight);
        let groups: Vec<String> = self
            .watch
            .registrations()
            .into_iter()
            .flat_map(|r| r.groups)
            .collect();
        for group in groups {
            let at = self.clock.now();
            let sight = self.reader.targets(&group).await?;
            self.watch.see(at, sight);
        }
        Ok(())
    }

    /// How many of our tasks run, and how many failed, as ECS counts them.
    fn life(&self) -> Life {
        if let Some(deployment) = self.watch.deployment() {
            let breaker = &deployment.deployment_circuit_breaker;
            return Life {
                running: deployment.target_service_revision.running_task_count,
                failed: breaker.failure_count,
            };
        }
        let ours = self.watch.handle().and_then(|h| h.ecs_svc_id.as_deref());
        let classic = ours.and_then(|id| self.watch.service()?.deployment(id));
        classic.map_or_else(Life::default, |deployment| Life {
            running: deployment.running_count,
            failed: deployment.failed_tasks,
        })
    }

    /// What a change of calls for a look at the tasks.
    fn state(&self) -> String {
        match self.watch.deployment() {
            Some(d) => format!(
                "{:?} {:?} {:?} {:?}",
                d.status,
                d.lifecycle_stage,
                d.target_service_revision,
                d.deployment_circuit_breaker
            ),
            None => self
                .watch
                .service()
                .map_or_else(String::new, |s| format!("{:?}", s.deployments)),
        }
    }
}

fn is_passing(error: &AwsError) -> bool {
    matches!(
        error.kind,
        Kind::Throttled | Kind::Server | Kind::Unreachable
    )
}

fn refused(plan: &Plan, refusal: Refusal) -> Error {
    let service = plan.service.clone();
    match refusal {
        Refusal::ForeignController(controller) => Error::Controller {
            service,
            controller,
        },
        Refusal::NeedsServiceDeployments { strategy } => {
            Error::NeedsServiceDeployments { service, strategy }
        }
        Refusal::NoStages(stage) => Error::NoStages {
            service,
            stage: stage.as_str(),
        },
        Refusal::NoService => Error::NoService {
            cluster: plan.cluster.clone(),
            service,
        },
        Refusal::NeverSeen => {
            let handle = plan.question.handle.as_ref();
            let deployment = handle
                .and_then(|h| h.name())
                .unwrap_or("the current one")
                .to_owned();
            Error::NeverSeen {
                service,
                deployment,
            }
        }
    }
}
