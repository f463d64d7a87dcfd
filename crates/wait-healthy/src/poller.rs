//! The loop: read what the verdict waits for, record it, judge, sleep.
//!
//! Politeness: one DescribeServiceDeployments a poll; tasks, targets and the service only when
//! something changed or every ten seconds, within an allowance, and when the verdict waits for them.

use std::time::Duration;

use ecs_model::{ServiceDeployment, ServiceDeploymentStatus, ServiceEvent};
use jiff::{SignedDuration, Timestamp};
use pipeline_aws::{AwsError, AwsErrorKind};
use rollout::{Facts, Judgement, Outcome, Refusal, Verdict, Watch};

use crate::allowance::Allowance;
use crate::args::Plan;
use crate::aws::Reader;
use crate::context::WaitContext;
use crate::error::Error;

/// Shortest and longest pause between two polls, in milliseconds.
const PAUSE: std::ops::Range<u64> = 1_000..2_500;

/// The longest pause, when AWS throttles or is out of reach.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often everything is looked at, whether something changed or not.
const FULL_LOOK: SignedDuration = SignedDuration::from_secs(10);

/// How long the proof of a success is looked for at every poll; later, within the allowance.
const PROVING: SignedDuration = SignedDuration::from_secs(20);

/// Who hears of the loop while it goes on.
pub trait WaitListener {
    /// After each look: everything that is known by now.
    fn looked(&mut self, facts: &Facts, now: Timestamp);
    /// New events of the service, oldest first.
    fn new_events(&mut self, events: &[ServiceEvent]);
    /// AWS could not be asked; the wait goes on.
    fn trouble(&mut self, error: &AwsError, pause: Duration);
}

/// What ECS counts of a deployment's tasks: fewer that run, or more that failed, is a crash.
#[derive(Debug, Clone, Copy, Default)]
struct TaskCounts {
    running: Option<u32>,
    failed: Option<u32>,
}

/// A watch with what the reading of it needs.
#[derive(Debug)]
pub struct Poller<'w> {
    pub reader: Reader,
    pub watch: Watch,
    context: &'w WaitContext<'w>,
    last_full_look: Option<Timestamp>,
    last_state: String,
    /// At the last look at the tasks.
    last_counts: TaskCounts,
    allowance: Allowance,
    /// Since when all that is missing is a reading of healthy tasks.
    proving: Option<Timestamp>,
    trouble: Option<Box<AwsError>>,
    failures: u32,
}

impl<'w> Poller<'w> {
    pub fn new(reader: Reader, context: &'w WaitContext<'w>) -> Self {
        let started = context.clock.started();
        Self {
            reader,
            watch: Watch::new(context.plan.question.clone(), started),
            context,
            last_full_look: None,
            last_state: String::new(),
            last_counts: TaskCounts::default(),
            allowance: Allowance::starting(started),
            proving: None,
            trouble: None,
            failures: 0,
        }
    }

    /// Watches until there is a verdict.
    pub async fn poll(&mut self, listener: &mut impl WaitListener) -> Result<Verdict, Error> {
        loop {
            let mut pause = Duration::from_millis(fastrand::u64(PAUSE));
            match self.look(listener).await {
                Ok(()) => {
                    self.trouble = None;
                    self.failures = 0;
                }
                Err(Error::Aws(error)) if is_passing(&error) || self.is_not_there(&error) => {
                    if error.kind == AwsErrorKind::NotFound {
                        // A reading of the service itself shows whether it is gone.
                        let _ = self.read_service(listener).await;
                    }
                    self.failures += 1;
                    pause = pause
                        .saturating_mul(2u32.saturating_pow(self.failures))
                        .min(LONGEST_PAUSE);
                    listener.trouble(&error, pause);
                    self.trouble = Some(error);
                }
                Err(Error::Aws(source)) if self.watch.facts().service().is_some() => {
                    return Err(Error::CutOff {
                        service: self.context.plan.service.clone(),
                        source,
                    });
                }
                Err(error) => return Err(error),
            }
            let now = self.context.clock.now();
            listener.looked(self.watch.facts(), now);
            match self.watch.judge(now) {
                Judgement::Waiting => {}
                Judgement::Decided(verdict) => return self.decided(verdict),
                Judgement::Refused(refusal) => return Err(refused(&self.context.plan, refusal)),
            }
            let left = self.watch.deadline().duration_since(now);
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
            tokio::time::sleep(pause.min(left.max(Duration::from_millis(10)))).await;
        }
    }

    /// A service that was seen may be missing from another late look, or be deleted meanwhile.
    fn is_not_there(&self, error: &AwsError) -> bool {
        error.kind == AwsErrorKind::NotFound && self.watch.facts().service().is_some()
    }

    /// Time that was up while AWS could not be asked says nothing about the deployment.
    fn decided(&mut self, verdict: Verdict) -> Result<Verdict, Error> {
        match (self.trouble.take(), &verdict.outcome) {
            (Some(source), Outcome::TimedOut(_)) => Err(Error::OutOfReach {
                service: self.context.plan.service.clone(),
                source,
            }),
            _ => Ok(verdict),
        }
    }

    /// One look: what is cheap always, the rest when it is due.
    async fn look(&mut self, listener: &mut impl WaitListener) -> Result<(), Error> {
        if self.watch.facts().service().is_none() {
            self.read_service(listener).await?;
        }
        if self.watch.facts().service().is_none() {
            // Not there, or not yet: nothing else of it can be read.
            return Ok(());
        }
        if self.watch.next_reads().listing {
            let at = self.context.clock.now();
            let observation = self.reader.listing().await?;
            self.watch.record(at, observation);
        }
        let arn = self.watch.facts().service_deployment_arn();
        // An end is an end: of a success only the proof is missing.
        let is_done = |d: &ServiceDeployment| d.status == ServiceDeploymentStatus::Successful;
        if let Some(arn) = arn.filter(|_| {
            !self
                .watch
                .facts()
                .service_deployment
                .as_ref()
                .is_some_and(is_done)
        }) {
            let at = self.context.clock.now();
            let observation = self.reader.deployment(arn).await?;
            self.watch.record(at, observation);
        }
        let reads = self.watch.next_reads();
        let now = self.context.clock.now();
        let state = self.state();
        let may = self.allowance.after(self.reader.take_asked(), now);
        let is_due = self
            .last_full_look
            .is_none_or(|last| now.duration_since(last) >= FULL_LOOK);
        // A crash is told at once: what it costs, later looks save.
        let counts = self.task_counts();
        let stopped =
            counts.running < self.last_counts.running || counts.failed > self.last_counts.failed;
        let looks = stopped || may && (is_due || state != self.last_state);
        let proves = reads.tasks && (self.has_just_succeeded(now) || may);
        let needed = reads.service && (proves || !reads.tasks);
        if needed || looks {
            self.read_service(listener).await?;
        }
        if let Some(arn) = &reads.revision {
            let at = self.context.clock.now();
            if let Some(observation) = self.reader.revision(arn).await? {
                self.watch.record(at, observation);
            }
        }
        if let Some(arn) = &reads.task_definition {
            let at = self.context.clock.now();
            let observation = self.reader.task_definition(arn).await?;
            self.watch.record(at, observation);
        }
        if proves || looks {
            self.read_tasks().await?;
            self.last_full_look = Some(now);
            self.last_state = state;
            self.last_counts = counts;
        }
        Ok(())
    }

    /// Whether the proof of a success is looked for at every poll, past the allowance.
    fn has_just_succeeded(&mut self, now: Timestamp) -> bool {
        let since = *self.proving.get_or_insert(now);
        now.duration_since(since) < PROVING
    }

    async fn read_service(&mut self, listener: &mut impl WaitListener) -> Result<(), Error> {
        let at = self.context.clock.now();
        let observation = self.reader.service().await?;
        listener.new_events(self.watch.record(at, observation));
        Ok(())
    }

    /// Looks for the service deployment's ARN once more, without which ECS cannot be asked for
    /// anything about it.
    pub async fn find(&mut self) -> Result<(), Error> {
        if self.watch.facts().service().is_none() {
            let at = self.context.clock.now();
            let observation = self.reader.service().await?;
            self.watch.record(at, observation);
        }
        let at = self.context.clock.now();
        let observation = self.reader.listing().await?;
        self.watch.record(at, observation);
        Ok(())
    }

    /// The service's tasks, and the health of the targets where ours are registered.
    pub async fn read_tasks(&mut self) -> Result<(), Error> {
        let at = self.context.clock.now();
        let observation = self.reader.tasks().await?;
        self.watch.record(at, observation);
        let groups: Vec<String> = self
            .watch
            .facts()
            .registrations()
            .into_iter()
            .flat_map(|r| r.groups)
            .collect();
        for group in groups {
            let at = self.context.clock.now();
            let observation = self.reader.targets(&group).await?;
            self.watch.record(at, observation);
        }
        Ok(())
    }

    /// How many of our tasks run, and how many failed, as ECS counts them.
    fn task_counts(&self) -> TaskCounts {
        if let Some(deployment) = self.watch.facts().service_deployment.as_ref() {
            let breaker = &deployment.deployment_circuit_breaker;
            return TaskCounts {
                running: deployment.target_service_revision.running_task_count,
                failed: breaker.failure_count,
            };
        }
        let facts = self.watch.facts();
        let ours = facts.deployment_ref.as_ref();
        let classic =
            ours.and_then(|ours| facts.service()?.deployment(ours.ecs_svc_id.as_deref()?));
        classic.map_or_else(TaskCounts::default, |deployment| TaskCounts {
            running: deployment.running_count,
            failed: deployment.failed_tasks,
        })
    }

    /// What a change of calls for a look at the tasks.
    fn state(&self) -> String {
        match self.watch.facts().service_deployment.as_ref() {
            Some(d) => format!(
                "{:?} {:?} {:?} {:?}",
                d.status,
                d.lifecycle_stage,
                d.target_service_revision,
                d.deployment_circuit_breaker
            ),
            None => self
                .watch
                .facts()
                .service()
                .map_or_else(String::new, |s| format!("{:?}", s.deployments)),
        }
    }
}

fn is_passing(error: &AwsError) -> bool {
    matches!(
        error.kind,
        AwsErrorKind::Throttled | AwsErrorKind::Server | AwsErrorKind::Unreachable
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
            let deployment = plan.question.deployment.as_ref();
            let deployment = deployment
                .and_then(|d| d.name())
                .unwrap_or("the current one")
                .to_owned();
            Error::NeverSeen {
                service,
                deployment,
            }
        }
    }
}
