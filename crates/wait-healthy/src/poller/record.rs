//! Records what was read, or that it could not be read.
//!
//! Decided here: which errors end the wait, and which only delay it or weaken its proof.

use std::time::Duration;

use pipeline_aws::{AwsError, AwsErrorKind};
use rollout::{Observation, ReadSpan};

use super::{Poller, WaitListener};
use crate::backoff::{LONGEST_PAUSE, Read};
use crate::error::Error;

/// The longest pause until AWS has answered for the first time.
const FIRST_CONTACT_PAUSE: Duration = Duration::from_secs(3);

impl Poller<'_> {
    pub(super) async fn record_some(
        &mut self,
        read: Read,
        (span, answer): (ReadSpan, Result<Option<Observation>, Error>),
        listener: &mut impl WaitListener,
    ) -> Result<(), Error> {
        match answer.transpose() {
            Some(answer) => self.record(read, (span, answer), listener).await,
            None => Ok(()),
        }
    }

    /// Records what was read, or that it could not be read.
    pub(super) async fn record(
        &mut self,
        read: Read,
        (span, answer): (ReadSpan, Result<Observation, Error>),
        listener: &mut impl WaitListener,
    ) -> Result<(), Error> {
        let error = match answer {
            Ok(observation) => {
                self.has_contact = true;
                self.backoff.succeeded(read);
                listener.new_events(self.watch.record_read(span, observation));
                return Ok(());
            }
            Err(Error::Aws(error)) => error,
            Err(error) => return Err(error),
        };
        self.has_contact |= error.kind != AwsErrorKind::Unreachable || error.may_have_succeeded;
        let facts = self.watch.facts();
        let is_known = facts.service().is_some();
        // A service that was seen before may be missing from an outdated read, or was deleted.
        let is_missing = error.kind == AwsErrorKind::NotFound && is_known;
        if is_transient(&error) || is_missing {
            let longest = if self.has_contact {
                LONGEST_PAUSE
            } else {
                FIRST_CONTACT_PAUSE
            };
            let now = self.context.clock.now();
            let pause = self.backoff.failed(read, now, longest, error);
            if let Some(error) = self.backoff.error(read) {
                listener.read_failed(error, pause);
            }
            if is_missing && read != Read::Service {
                // Reading the service itself shows whether it was deleted.
                let answer = self.context.clock.timed(self.reader.service()).await;
                if let (span, Ok(observation)) = answer {
                    listener.new_events(self.watch.record_read(span, observation));
                }
            }
            return Ok(());
        }
        let without = match read {
            Read::Tasks => Some((facts.tasks_denied, Observation::NoTasks)),
            Read::Targets => Some((facts.targets_denied, Observation::NoTargets)),
            _ => None,
        };
        if let Some((is_denied, without)) = without
            && error.kind == AwsErrorKind::Denied
        {
            // Without this permission, the wait goes on and the verdict proves less.
            if !is_denied {
                listener.not_allowed(&error);
            }
            self.backoff.succeeded(read);
            self.unread.clear();
            self.watch.record_read(span, without);
            return Ok(());
        }
        if is_known {
            return Err(Error::AccessLost {
                service: self.context.request.service.clone(),
                source: error,
            });
        }
        Err(Error::Aws(error))
    }
}

fn is_transient(error: &AwsError) -> bool {
    matches!(
        error.kind,
        AwsErrorKind::Throttled | AwsErrorKind::Server | AwsErrorKind::Unreachable
    )
}
