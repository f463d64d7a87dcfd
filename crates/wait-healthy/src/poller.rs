//! The loop: read, record, judge, sleep.
//!
//! Each poll sends one DescribeServiceDeployments. Tasks, targets and the service are read when
//! something has changed and every ten seconds, within an allowance, or when the verdict needs them.
//!
//! Decided here: when to read what. Never here: what the reads mean (`rollout`).

use std::time::Duration;

use ecs_model::{ServiceDeployment, ServiceDeploymentStatus, ServiceEvent};
use jiff::{SignedDuration, Timestamp};
use pipeline_aws::{AwsError, AwsErrorKind};
use rollout::{Facts, Judgement, Outcome, Refusal, Verdict, Watch};

use crate::allowance::Allowance;
use crate::args::WaitRequest;
use crate::aws::Reader;
use crate::context::WaitContext;
use crate::error::Error;

/// Shortest and longest pause between two polls, in milliseconds.
const PAUSE: std::ops::Range<u64> = 1_000..2_500;

/// The longest pause if AWS throttles or cannot be reached.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often everything is read even if nothing has changed.
const FULL_READ_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// How long each poll looks for the proof of a success. Later, the allowance limits these reads.
const PROVING_TIME: SignedDuration = SignedDuration::from_secs(20);

/// Is notified while the loop runs.
pub trait WaitListener {
    /// Called after each poll with everything that is known.
    fn polled(&mut self, facts: &Facts, now: Timestamp);
    /// Called with new events of the service, oldest first.
    fn new_events(&mut self, events: &[ServiceEvent]);
    /// Called if a read failed. The wait continues after the pause.
    fn read_failed(&mut self, error: &AwsError, pause: Duration);
}

/// How ECS counts the tasks of a deployment. Fewer running or more failed tasks mean a crash.
#[derive(Debug, Clone, Copy, Default)]
struct EcsTaskCounts {
    running: Option<u32>,
    failed: Option<u32>,
}

/// Reads a deployment and records what it reads, until there is a verdict.
#[derive(Debug)]
pub struct Poller<'w> {
    pub reader: Reader,
    pub watch: Watch,
    context: &'w WaitContext<'w>,
    last_full_read: Option<Timestamp>,
    last_state: String,
    /// The counts when the tasks were last read.
    last_counts: EcsTaskCounts,
    allowance: Allowance,
    /// Since when only the proof that the tasks are healthy is missing.
    proving: Option<Timestamp>,
    trouble: Option<Box<AwsError>>,
    failures: u32,
}

impl<'w> Poller<'w> {
    pub fn new(reader: Reader, context: &'w WaitContext<'w>) -> Self {
        let started = context.clock.started();
        Self {
            reader,
            watch: Watch::new(context.request.question.clone(), started),
            context,
            last_full_read: None,
            last_state: String::new(),
            last_counts: EcsTaskCounts::default(),
            allowance: Allowance::starting(started),
            proving: None,
            trouble: None,
            failures: 0,
        }
    }

    /// Polls until there is a verdict.
    ///
    /// # Errors
    /// If there can be no verdict, or if access to AWS is lost.
    pub async fn poll(&mut self, listener: &mut impl WaitListener) -> Result<Verdict, Error> {
        loop {
            let mut pause = Duration::from_millis(fastrand::u64(PAUSE));
            match self.read_once(listener).await {
                Ok(()) => {
                    self.trouble = None;
                    self.failures = 0;
                }
                Err(Error::Aws(error)) if is_transient(&error) || self.is_not_there(&error) => {
                    if error.kind == AwsErrorKind::NotFound {
                        // Reading the service itself shows whether it was deleted.
                        let _ = self.read_service(listener).await;
                    }
                    self.failures += 1;
                    pause = pause
                        .saturating_mul(2u32.saturating_pow(self.failures))
                        .min(LONGEST_PAUSE);
                    listener.read_failed(&error, pause);
                    self.trouble = Some(error);
                }
                Err(Error::Aws(source)) if self.watch.facts().service().is_some() => {
                    return Err(Error::AccessLost {
                        service: self.context.request.service.clone(),
                        source,
                    });
                }
                Err(error) => return Err(error),
            }
            let now = self.context.clock.now();
            listener.polled(self.watch.facts(), now);
            match self.watch.judge(now) {
                Judgement::Waiting => {}
                Judgement::Decided(verdict) => return self.decided(verdict),
                Judgement::Refused(refusal) => return Err(refused(&self.context.request, refusal)),
            }
            let left = self.watch.deadline().duration_since(now);
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
            tokio::time::sleep(pause.min(left.max(Duration::from_millis(10)))).await;
        }
    }

    /// A service that was seen before may be missing from an outdated read, or may have been deleted.
    fn is_not_there(&self, error: &AwsError) -> bool {
        error.kind == AwsErrorKind::NotFound && self.watch.facts().service().is_some()
    }

    /// If AWS could not be reached at the timeout, nothing is known about the deployment.
    fn decided(&mut self, verdict: Verdict) -> Result<Verdict, Error> {
        match (self.trouble.take(), &verdict.outcome) {
            (Some(source), Outcome::TimedOut(_)) => Err(Error::Unreachable {
                service: self.context.request.service.clone(),
                source,
            }),
            _ => Ok(verdict),
        }
    }

    /// Reads what is cheap, and the rest if it is due.
    async fn read_once(&mut self, listener: &mut impl WaitListener) -> Result<(), Error> {
        if self.watch.facts().service().is_none() {
            self.read_service(listener).await?;
        }
        if self.watch.facts().service().is_none() {
            // Without the service, nothing else can be read.
            return Ok(());
        }
        if self.watch.next_reads().listing {
            let at = self.context.clock.now();
            let observation = self.reader.listing().await?;
            self.watch.record(at, observation);
        }
        let arn = self.watch.facts().service_deployment_arn();
        // A successful deployment does not change any more; only the proof is missing.
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
        let may = self.allowance.spend(self.reader.take_asked(), now);
        let is_due = self
            .last_full_read
            .is_none_or(|last| now.duration_since(last) >= FULL_READ_INTERVAL);
        // A crash is reported at once. Later reads save what it costs.
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
            self.last_full_read = Some(now);
            self.last_state = state;
            self.last_counts = counts;
        }
        Ok(())
    }

    /// Whether each poll looks for the proof of a success, even beyond the allowance.
    fn has_just_succeeded(&mut self, now: Timestamp) -> bool {
        let since = *self.proving.get_or_insert(now);
        now.duration_since(since) < PROVING_TIME
    }

    async fn read_service(&mut self, listener: &mut impl WaitListener) -> Result<(), Error> {
        let at = self.context.clock.now();
        let observation = self.reader.service().await?;
        listener.new_events(self.watch.record(at, observation));
        Ok(())
    }

    /// Looks for the ARN of the service deployment again, because a rollback cannot be requested
    /// without it.
    pub async fn find_deployment(&mut self) -> Result<(), Error> {
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

    /// Reads the tasks of the service and the health of their targets.
    ///
    /// # Errors
    /// If a read fails. What was read before is recorded.
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

    /// How many of our tasks are running and how many have failed, as ECS counts them.
    fn task_counts(&self) -> EcsTaskCounts {
        if let Some(deployment) = self.watch.facts().service_deployment.as_ref() {
            let breaker = &deployment.deployment_circuit_breaker;
            return EcsTaskCounts {
                running: deployment.target_service_revision.running_task_count,
                failed: breaker.failure_count,
            };
        }
        let facts = self.watch.facts();
        let ours = facts.deployment_ref.as_ref();
        let classic =
            ours.and_then(|ours| facts.service()?.deployment(ours.ecs_svc_id.as_deref()?));
        classic.map_or_else(EcsTaskCounts::default, |deployment| EcsTaskCounts {
            running: deployment.running_count,
            failed: deployment.failed_tasks,
        })
    }

    /// A text that changes when the tasks should be read again.
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

fn is_transient(error: &AwsError) -> bool {
    matches!(
        error.kind,
        AwsErrorKind::Throttled | AwsErrorKind::Server | AwsErrorKind::Unreachable
    )
}

fn refused(request: &WaitRequest, refusal: Refusal) -> Error {
    let service = request.service.clone();
    match refusal {
        Refusal::ForeignController(controller) => Error::ForeignController {
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
            cluster: request.cluster.clone(),
            service,
        },
        Refusal::NeverSeen => {
            let deployment = request.question.deployment.as_ref();
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
