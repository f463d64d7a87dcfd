//! The window through which a history is observed: late, out of order, with gaps and refusals.

use fastrand::Rng;
use serde_json::Value;

use super::History;
use super::line::Ms;

/// How often a read is tried if AWS throttles a large share of all calls.
const HEAVY_TRIES: u32 = 7;
/// How long the pauses between these tries usually are in total, at most.
const RETRIES_TAKE: Ms = 2_000;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read<'a> {
    Service,
    List,
    Describe,
    Revision,
    TaskDefinition,
    Tasks,
    Targets(&'a str),
}

/// What is seen.
#[derive(Debug, Clone)]
pub enum Seen {
    Answer(Value),
    Tasks(Vec<Value>),
    Targets(Vec<(String, u16, &'static str)>),
    /// ECS does not know it.
    Missing,
    /// Not allowed.
    Denied,
    /// No answer: throttled, a server error, a gap.
    Lost,
}

/// The outcome of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It shows this moment.
    At(Ms),
    Denied,
    Lost,
}

/// How a history is seen.
#[derive(Debug, Clone)]
pub struct Window {
    rng: Rng,
    /// How far a read may lag behind, at most.
    pub lag: Ms,
    /// Nothing is answered in this span.
    pub gap: Option<(Ms, Ms)>,
    /// The percentage of reads that fail for a moment.
    pub loss: u32,
    /// The longest time that an answer takes.
    pub latency: Ms,
    /// Whether reads of service deployments are denied.
    pub is_denied: bool,
    /// How often a read is tried. AWS throttles so much that one try is not enough.
    pub tries: u32,
    /// The number of tasks per page of a list and per description, if they are on several.
    pub page: Option<usize>,
}

impl Window {
    /// The window of this seed. `may_deny` allows one without service deployments.
    pub fn of(seed: u64, may_deny: bool) -> Self {
        let mut rng = Rng::with_seed(seed ^ 0x5DEE_CE66_D1CE_5EED);
        let lag = if rng.u32(0..100) < 60 {
            rng.i64(0..4_000)
        } else {
            0
        };
        let gap = (rng.u32(0..100) < 12).then(|| {
            let from = rng.i64(0..120_000);
            (from, from + rng.i64(1_000..90_000))
        });
        let loss = if rng.u32(0..100) < 30 {
            rng.u32(1..25)
        } else {
            0
        };
        let is_slow = rng.u32(0..100) < 10;
        let latency = if is_slow { rng.i64(500..6_000) } else { 0 };
        let is_denied = may_deny && rng.u32(0..100) < 25;
        // Drawn apart, so that all other choices of a seed stay as they are.
        let mut more = Rng::with_seed(seed ^ 0x7A6E_5000);
        let is_throttled = more.u32(0..100) < 8;
        let (loss, tries) = if is_throttled {
            (more.u32(25..50), HEAVY_TRIES)
        } else {
            (loss, 1)
        };
        let page = (more.u32(0..100) < 25).then(|| more.usize(1..4));
        Self {
            rng,
            lag,
            gap,
            loss,
            latency,
            is_denied,
            tries,
            page,
        }
    }

    /// The longest time that a read usually takes, with its tries.
    pub fn slowest_read(&self) -> Ms {
        match self.tries {
            1 => self.latency,
            _ => 2 * self.latency + RETRIES_TAKE,
        }
    }

    /// The outcome of one read at a moment: the moment that it shows, or none.
    pub fn look(&mut self, at: Ms, read: Read<'_>) -> Look {
        let in_gap = self.gap.is_some_and(|(from, to)| at >= from && at < to);
        if in_gap || self.rng.u32(0..100) < self.loss {
            return Look::Lost;
        }
        if self.is_denied && matches!(read, Read::List | Read::Describe) {
            return Look::Denied;
        }
        match self.lag {
            0 => Look::At(at),
            lag => Look::At(at - self.rng.i64(0..=lag)),
        }
    }

    /// One read at a moment.
    pub fn read(&mut self, history: &History, at: Ms, read: Read<'_>) -> Seen {
        match self.look(at, read) {
            Look::Lost => Seen::Lost,
            Look::Denied => Seen::Denied,
            Look::At(moment) => Seen::of(history, moment, read),
        }
    }
}

impl Seen {
    /// What AWS shows of a moment.
    pub fn of(history: &History, moment: Ms, read: Read<'_>) -> Self {
        let or_missing = |answer: Option<Value>| answer.map_or(Self::Missing, Self::Answer);
        match read {
            Read::Service => or_missing(history.service(moment)),
            Read::List => Self::Answer(history.list(moment)),
            Read::Describe => or_missing(history.describe(moment)),
            Read::Revision => Self::Answer(history.revision(moment)),
            Read::TaskDefinition => Self::Answer(history.task_definition()),
            Read::Tasks => Self::Tasks(history.tasks(moment)),
            Read::Targets(group) => Self::Targets(history.targets(group, moment)),
        }
    }
}
