//! Something that several reads show. One read may be outdated; several over some time are not.

use jiff::{SignedDuration, Timestamp};

/// How long something must be seen, and in how many reads, before it counts. Reads of ECS lag behind
/// its writes by some seconds.
pub(crate) const CONFIRMED_AFTER: SignedDuration = SignedDuration::from_secs(10);
const CONFIRMED_COUNT: u32 = 2;

/// When something was first and last seen, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sightings {
    pub first: Timestamp,
    pub last: Timestamp,
    pub count: u32,
}

impl Sightings {
    /// Adds a read that showed it.
    pub(crate) fn add(slot: &mut Option<Self>, at: Timestamp) {
        let seen = slot.get_or_insert(Self {
            first: at,
            last: at,
            count: 0,
        });
        seen.last = seen.last.max(at);
        seen.count += 1;
    }

    /// Whether it is not just an outdated read: the reads are further apart than reads lag behind.
    pub fn is_confirmed(&self) -> bool {
        self.lasts(CONFIRMED_AFTER)
    }

    /// Whether it was seen at least twice and for at least this long.
    pub fn lasts(&self, time: SignedDuration) -> bool {
        self.count >= CONFIRMED_COUNT && self.last.duration_since(self.first) >= time
    }
}
