//! Something that look after look shows: one look may be old, several over some time are not.

use jiff::{SignedDuration, Timestamp};

/// How long an absence has to show, and in how many looks, before it counts. Reads of ECS lag
/// behind its writes by some seconds.
pub(crate) const CONFIRMED_AFTER: SignedDuration = SignedDuration::from_secs(10);
const CONFIRMED_LOOKS: u32 = 2;

/// When it was first and last seen, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lasting {
    since: Timestamp,
    pub last: Timestamp,
    pub looks: u32,
}

impl Lasting {
    /// One more look showed it.
    pub fn see(slot: &mut Option<Self>, at: Timestamp) {
        let seen = slot.get_or_insert(Self {
            since: at,
            last: at,
            looks: 0,
        });
        seen.last = seen.last.max(at);
        seen.looks += 1;
    }

    /// Whether it is no old picture: the looks that show it are further apart than reads can lag.
    pub fn is_confirmed(&self) -> bool {
        self.lasts(CONFIRMED_AFTER)
    }

    /// Whether it was seen over so long a time.
    pub fn lasts(&self, time: SignedDuration) -> bool {
        self.looks >= CONFIRMED_LOOKS && self.last.duration_since(self.since) >= time
    }
}
