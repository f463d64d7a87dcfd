//! One round of reads: the service, its tasks and their targets, as far as possible in parallel.
//!
//! A service can have thousands of tasks, and AWS can be slow. So what a round could not describe is
//! described by the next one, and nothing that was read is thrown away.

use std::collections::BTreeSet;

use futures_util::future::{OptionFuture, join_all};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use rollout::Observation;

use super::{FULL_READ_INTERVAL, Poller, WaitListener};
use crate::aws::Reader;
use crate::backoff::Read;
use crate::error::Error;

/// How many DescribeTasks are sent at the same time.
const PARALLEL_BATCHES: usize = 8;

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
        let reader = &self.reader;
        let service = self.backoff.is_due(Read::Service, now);
        let service = OptionFuture::from(service.then(|| clock.timed(reader.service())));
        let list = OptionFuture::from(lists.then(|| clock.timed(reader.task_arns())));
        let targets = join_all(
            groups
                .iter()
                .map(|group| clock.timed(reader.targets(group))),
        );
        let (service, list, targets) = tokio::join!(service, list, targets);
        if let Some(answer) = service {
            self.record(Read::Service, answer, listener).await?;
        }
        for answer in targets {
            self.record(Read::Targets, answer, listener).await?;
        }
        match list {
            Some((span, Ok(arns))) => {
                self.unread = self.undescribed(&arns);
                let list = Observation::TaskList(arns);
                self.record(Read::Tasks, (span, Ok(list)), listener).await?;
            }
            Some((span, Err(error))) => {
                self.record(Read::Tasks, (span, Err(error)), listener)
                    .await?;
            }
            None => {}
        }
        if may_read_tasks && self.backoff.is_due(Read::Tasks, now) {
            self.describe_unread(listener).await?;
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
    fn undescribed(&self, arns: &[String]) -> Vec<String> {
        let known = &self.watch.facts().tasks;
        let has_stopped = |arn: &&String| {
            known
                .get(*arn)
                .is_some_and(|task| task.stopped_at.is_some())
        };
        arns.iter()
            .filter(|arn| !has_stopped(arn))
            .cloned()
            .collect()
    }

    async fn describe_unread(&mut self, listener: &mut impl WaitListener) -> Result<(), Error> {
        let clock = self.context.clock;
        let unread = std::mem::take(&mut self.unread);
        let mut batches = Vec::new();
        for batch in unread.chunks(Reader::BATCH) {
            let (reader, batch) = (self.reader.clone(), batch.to_vec());
            batches.push(async move {
                let answer = clock.timed(reader.described(&batch)).await;
                (batch, answer)
            });
        }
        let answers = stream::iter(batches).buffer_unordered(PARALLEL_BATCHES);
        let answers: Vec<_> = answers.collect().await;
        let mut rest = Vec::new();
        for (batch, answer) in answers {
            if answer.1.is_err() {
                rest.extend(batch);
            }
            self.record(Read::Tasks, answer, listener).await?;
        }
        self.unread = rest;
        Ok(())
    }
}
