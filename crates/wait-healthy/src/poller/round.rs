//! One round of reads: the service, its tasks and their targets, as far as possible in parallel.
//!
//! A service can have thousands of tasks, and AWS can be slow. So a round describes the tasks that it
//! knows while it lists them, and afterwards only those that are new. What it could not describe is
//! described by the next one, and nothing that was read is thrown away.

use std::collections::BTreeSet;

use futures_util::future::{OptionFuture, join_all};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use rollout::{Observation, ReadSpan};

use super::{FULL_READ_INTERVAL, Poller, WaitListener};
use crate::aws::Reader;
use crate::backoff::Read;
use crate::clock::WaitClock;
use crate::error::Error;

/// How many DescribeTasks are sent at the same time.
const PARALLEL_BATCHES: usize = 8;

/// Tasks, and the response to the request for them.
type Described = (Vec<String>, (ReadSpan, Result<Observation, Error>));

impl Poller<'_> {
    /// Reads the service, its tasks and the health of their targets, as far as they are due and
    /// allowed. If the last round could not describe all tasks, it describes the rest.
    ///
    /// # Errors
    /// If access to AWS is lost.
    pub async fn read_round(&mut self, listener: &mut impl WaitListener) -> Result<(), Error> {
        let clock = self.context.clock;
        let now = clock.now();
        let facts = self.watch.facts();
        let may_read_tasks = !facts.tasks_denied && self.backoff.is_due(Read::Tasks, now);
        let lists = may_read_tasks && !self.describes_rest(now);
        let may_read_targets = !facts.targets_denied && self.backoff.is_due(Read::Targets, now);
        let groups: BTreeSet<String> = facts
            .registrations()
            .into_iter()
            .flat_map(|r| r.groups)
            .filter(|_| may_read_targets)
            .collect();
        let listed = facts.current_tasks.as_ref().filter(|_| lists);
        let known = listed.map(|list| self.undescribed(&list.value));
        let known = known.unwrap_or_default();
        let reader = &self.reader;
        let service = self.backoff.is_due(Read::Service, now);
        let service = OptionFuture::from(service.then(|| clock.timed(reader.service())));
        let list = OptionFuture::from(lists.then(|| clock.timed(reader.task_arns())));
        let targets = join_all(
            groups
                .iter()
                .map(|group| clock.timed(reader.targets(group))),
        );
        let described = describe(reader, clock, &known);
        let (service, list, targets, described) = tokio::join!(service, list, targets, described);
        if let Some(answer) = service {
            self.record(Read::Service, answer, listener).await?;
        }
        for answer in targets {
            self.record(Read::Targets, answer, listener).await?;
        }
        match list {
            Some((span, Ok(arns))) => {
                self.unread = self.undescribed(&arns).into_iter().collect();
                for arn in &known {
                    self.unread.remove(arn);
                }
                let list = Observation::TaskList(arns);
                self.record(Read::Tasks, (span, Ok(list)), listener).await?;
            }
            Some((span, Err(error))) => {
                self.record(Read::Tasks, (span, Err(error)), listener)
                    .await?;
            }
            None => {}
        }
        let is_all_described = described.iter().all(|(_, (_, answer))| answer.is_ok());
        self.record_described(described, listener).await?;
        if may_read_tasks && is_all_described && self.backoff.is_due(Read::Tasks, now) {
            let unread = Vec::from_iter(std::mem::take(&mut self.unread));
            let described = describe(&self.reader, clock, &unread).await;
            self.record_described(described, listener).await?;
        }
        Ok(())
    }

    /// Whether only the tasks are missing that the last round could not describe.
    fn describes_rest(&self, now: Timestamp) -> bool {
        let listed = self.watch.facts().current_tasks.as_ref();
        !self.unread.is_empty()
            && listed
                .is_some_and(|list| now.duration_since(list.span.received) < FULL_READ_INTERVAL)
    }

    /// The listed tasks that may have changed: a stopped task does not.
    fn undescribed<'a>(&self, arns: impl IntoIterator<Item = &'a String>) -> Vec<String> {
        let known = &self.watch.facts().tasks;
        let has_stopped = |arn: &&'a String| {
            known
                .get(*arn)
                .is_some_and(|task| task.stopped_at.is_some())
        };
        arns.into_iter()
            .filter(|arn| !has_stopped(arn))
            .cloned()
            .collect()
    }

    /// Records descriptions. What could not be described is left for the next round.
    async fn record_described(
        &mut self,
        described: Vec<Described>,
        listener: &mut impl WaitListener,
    ) -> Result<(), Error> {
        for (batch, answer) in described {
            let has_failed = answer.1.is_err();
            self.record(Read::Tasks, answer, listener).await?;
            if has_failed && !self.watch.facts().tasks_denied {
                self.unread.extend(batch);
            }
        }
        Ok(())
    }
}

/// Describes these tasks, in parallel.
async fn describe(reader: &Reader, clock: WaitClock, tasks: &[String]) -> Vec<Described> {
    let batches: Vec<_> = tasks
        .chunks(Reader::BATCH)
        .map(|batch| {
            let (reader, batch) = (reader.clone(), batch.to_vec());
            async move {
                let answer = clock.timed(reader.described(&batch)).await;
                (batch, answer)
            }
        })
        .collect();
    let answers = stream::iter(batches).buffer_unordered(PARALLEL_BATCHES);
    answers.collect().await
}
