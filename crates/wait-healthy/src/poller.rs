//! The loop: read, record, judge, sleep.
//!
//! Each poll sends one DescribeServiceDeployments. Tasks, targets and the service are read when
//! something has changed and every ten seconds, within an allowance, or when the verdict needs them.
//! A read that fails is tried again after a pause of its own; what other reads show is kept.
//!
//! Decided here: when to read what. Never here: what the reads mean (`rollout`).

mod record;
mod round;

use std::collections::BTreeSet;
use std::time::Duration;

use ecs_model::{ServiceDeployment, ServiceDeploymentStatus, ServiceEvent};
use jiff::{SignedDuration, Timestamp};
use pipeline_aws::AwsError;
use rollout::{Facts, Judgment, Outcome, Refusal, Verdict, Watch};
use tokio::time::timeout;

use crate::allowance::Allowance;
use crate::args::WaitRequest;
use crate::aws::Reader;
use crate::backoff::{Backoff, Read};
use crate::clock::WaitClock;
use crate::context::WaitContext;
use crate::error::Error;

/// Shortest and longest time from one poll to the next, in milliseconds. A poll that takes long,
/// because AWS is slow or throttles, does not make the pause after it longer.
const PERIOD: std::ops::Range<u64> = 1_000..2_500;

/// Shortest pause between two polls.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);

/// How often everything is read even if nothing has changed.
const FULL_READ_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// How long each poll looks for the proof of a success. Later, the allowance limits these reads.
const PROVING_TIME: SignedDuration = SignedDuration::from_secs(10);

/// How long AWS may be out of reach at the start. Later, the timeout is the limit.
const FIRST_CONTACT: Duration = Duration::from_secs(15);

/// Is notified while the loop runs.
pub trait WaitListener {
    /// Called after each poll with everything that is known.
    fn polled(&mut self, facts: &Facts, now: Timestamp);
    /// Called with new events of the service, oldest first.
    fn new_events(&mut self, events: &[ServiceEvent]);
    /// Called if AWS denies a read without which the wait can go on.
    fn not_allowed(&mut self, error: &AwsError);
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
    backoff: Backoff,
    /// Whether AWS has answered at all.
    has_contact: bool,
    /// Tasks of the last list that could not be described.
    unread: BTreeSet<String>,
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
            backoff: Backoff::default(),
            has_contact: false,
            unread: BTreeSet::new(),
        }
    }

    /// Polls until there is a verdict.
    ///
    /// # Errors
    /// If there can be no verdict, if AWS cannot be reached at the start, or if access to AWS is lost.
    pub async fn poll(&mut self, listener: &mut impl WaitListener) -> Result<Verdict, Error> {
        loop {
            let begun = self.context.clock.now();
            if self.has_contact {
                self.read_once(listener).await?;
            } else {
                self.make_contact(listener).await?;
            }
            let now = self.context.clock.now();
            listener.polled(self.watch.facts(), now);
            match self.watch.judge(now) {
                Judgment::Waiting => {}
                Judgment::Decided(verdict) => return self.decided(verdict),
                Judgment::Refused(refusal) => {
                    return Err(refused(&self.context.request, refusal));
                }
            }
            let pause = self.pause(begun, now);
            let left = self.watch.deadline().duration_since(now);
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
            tokio::time::sleep(pause.min(left.max(Duration::from_millis(10)))).await;
        }
    }

    /// The pause after the poll that began at `begun`. A read that failed may be due earlier.
    fn pause(&self, begun: Timestamp, now: Timestamp) -> Duration {
        let between = |from: Timestamp, to: Timestamp| {
            Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
        };
        let period = Duration::from_millis(fastrand::u64(PERIOD));
        let pause = period.saturating_sub(between(begun, now));
        let due = self.backoff.next_due();
        let pause = due.map_or(pause, |due| pause.min(between(now, due)));
        pause.max(SHORTEST_PAUSE)
    }

    /// The first reads. A wrong region or endpoint should not last until the timeout.
    async fn make_contact(&mut self, listener: &mut impl WaitListener) -> Result<(), Error> {
        let left = |clock: WaitClock| {
            let elapsed = Duration::try_from(clock.elapsed()).unwrap_or(Duration::MAX);
            FIRST_CONTACT.saturating_sub(elapsed)
        };
        let clock = self.context.clock;
        // What takes too long is cut off; a later poll reads it again.
        if let Ok(ended) = timeout(left(clock), self.read_once(listener)).await {
            ended?;
        }
        if self.has_contact || !left(clock).is_zero() {
            return Ok(());
        }
        Err(Error::NoContact {
            host: self.reader.host().to_owned(),
            after: FIRST_CONTACT.as_secs(),
            source: self.backoff.take_error(),
        })
    }

    /// If AWS could not be reached at the timeout, nothing is known about the deployment.
    fn decided(&mut self, verdict: Verdict) -> Result<Verdict, Error> {
        match (self.backoff.take_error(), &verdict.outcome) {
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
        let now = self.context.clock.now();
        if self.watch.next_reads().listing && self.backoff.is_due(Read::Listing, now) {
            let answer = self.context.clock.timed(self.reader.listing()).await;
            self.record(Read::Listing, answer, listener).await?;
        }
        let arn = self.watch.facts().service_deployment_arn();
        // A successful deployment does not change any more; only the proof is missing.
        let is_done = |d: &ServiceDeployment| d.status == ServiceDeploymentStatus::Successful;
        let known = self.watch.facts().service_deployment.as_ref();
        if let Some(arn) = arn.filter(|_| !known.is_some_and(is_done))
            && self.backoff.is_due(Read::Deployment, now)
        {
            let answer = self.context.clock.timed(self.reader.deployment(arn)).await;
            self.record(Read::Deployment, answer, listener).await?;
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
        if let Some(arn) = &reads.revision
            && self.backoff.is_due(Read::Revision, now)
        {
            let answer = self.context.clock.timed(self.reader.revision(arn)).await;
            self.record_some(Read::Revision, answer, listener).await?;
        }
        if let Some(arn) = &reads.task_definition
            && self.backoff.is_due(Read::TaskDefinition, now)
        {
            let answer = self
                .context
                .clock
                .timed(self.reader.task_definition(arn))
                .await;
            self.record(Read::TaskDefinition, answer, listener).await?;
        }
        if proves || looks {
            self.read_round(listener).await?;
            self.last_full_read = Some(now);
            self.last_state = state;
            self.last_counts = counts;
        } else if reads.service && !reads.tasks {
            self.read_service(listener).await?;
        }
        Ok(())
    }

    /// Whether each poll looks for the proof of a success, even beyond the allowance.
    fn has_just_succeeded(&mut self, now: Timestamp) -> bool {
        let since = *self.proving.get_or_insert(now);
        now.duration_since(since) < PROVING_TIME
    }

    async fn read_service(&mut self, listener: &mut impl WaitListener) -> Result<(), Error> {
        if !self.backoff.is_due(Read::Service, self.context.clock.now()) {
            return Ok(());
        }
        let answer = self.context.clock.timed(self.reader.service()).await;
        self.record(Read::Service, answer, listener).await
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
