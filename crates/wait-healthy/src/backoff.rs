//! Pauses after failed reads, separately for each kind of read: what works is not slowed down by what
//! fails.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pipeline_aws::AwsError;

/// The pause after a first failure, in milliseconds. The call itself was repeated for some seconds.
const FIRST_PAUSE: std::ops::Range<u64> = 500..1_000;

/// The longest pause.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The kinds of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    Service,
    Listing,
    Deployment,
    Revision,
    TaskDefinition,
    Tasks,
    Targets,
}

/// A kind of read whose last try failed.
#[derive(Debug)]
struct Failing {
    in_a_row: u32,
    due: Timestamp,
    error: Box<AwsError>,
}

/// The kinds of reads that fail at present.
#[derive(Debug, Default)]
pub struct Backoff(BTreeMap<Read, Failing>);

impl Backoff {
    /// Whether this may be read now.
    pub fn is_due(&self, read: Read, now: Timestamp) -> bool {
        self.0.get(&read).is_none_or(|failing| now >= failing.due)
    }

    /// Notes a failure. Returns the pause before the next try, which is at most `longest`.
    pub fn failed(
        &mut self,
        read: Read,
        now: Timestamp,
        longest: Duration,
        error: Box<AwsError>,
    ) -> Duration {
        let before = self.0.get(&read).map_or(0, |failing| failing.in_a_row);
        let pause = Duration::from_millis(fastrand::u64(FIRST_PAUSE))
            .saturating_mul(2u32.saturating_pow(before))
            .min(longest);
        let due = SignedDuration::try_from(pause).unwrap_or(SignedDuration::ZERO);
        let failing = Failing {
            in_a_row: before + 1,
            due: now.checked_add(due).unwrap_or(Timestamp::MAX),
            error,
        };
        self.0.insert(read, failing);
        pause
    }

    /// Notes a success.
    pub fn succeeded(&mut self, read: Read) {
        self.0.remove(&read);
    }

    /// When the first of the kinds that fail is tried again.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.0.values().map(|failing| failing.due).min()
    }

    /// The last error of this kind of read, if it fails at present.
    pub fn error(&self, read: Read) -> Option<&AwsError> {
        self.0.get(&read).map(|failing| &*failing.error)
    }

    /// Takes an error of a kind of read that fails at present.
    pub fn take_error(&mut self) -> Option<Box<AwsError>> {
        self.0.pop_first().map(|(_, failing)| failing.error)
    }
}
