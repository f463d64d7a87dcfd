//! How many requests a wait may send beyond those that its verdict needs.
//!
//! Decided here: the budget, so that a wait sends one request per second on average. Never here:
//! which requests a verdict needs; those are always sent.

use jiff::Timestamp;

/// Requests per second by which the allowance grows. The rest of one per second is for the reads
/// that a verdict needs.
const GROWTH: f64 = 0.93;

/// The most requests that it can save up. A full read takes five, and two or three changes often
/// come together.
const CAPACITY: f64 = 15.0;

/// The most requests that must be paid back. Throttled calls and their retries can cost many, and a
/// wait that reads nothing for half a minute would miss what happens meanwhile.
const DEBT: f64 = 20.0;

/// The number of requests that may still be sent. Reads that the verdict needs can make it negative.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    left: f64,
    at: Timestamp,
}

impl Allowance {
    pub fn starting(at: Timestamp) -> Self {
        Self { left: CAPACITY, at }
    }

    /// Subtracts the requests that were sent since the last call. Returns whether more may be sent.
    pub fn spend(&mut self, asked: u32, now: Timestamp) -> bool {
        let passed = now.duration_since(self.at).as_secs_f64().max(0.0);
        self.at = now;
        let left = (self.left + passed * GROWTH).min(CAPACITY) - f64::from(asked);
        self.left = left.max(-DEBT);
        self.left > 0.0
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Allowance;

    #[test]
    fn a_burst_is_paid_back_and_a_pause_saves_no_more_than_one() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let mut allowance = Allowance::starting(at(0));
        assert!(allowance.spend(14, at(0)), "a burst");
        assert!(!allowance.spend(5, at(0)), "and no more");
        assert!(!allowance.spend(0, at(4)), "paid back slowly");
        assert!(allowance.spend(0, at(5)));
        assert!(allowance.spend(14, at(3600)), "an hour's rest is one burst");
        assert!(!allowance.spend(1, at(3600)));
        assert!(!allowance.spend(1_000, at(3600)), "many retries");
        assert!(!allowance.spend(0, at(3621)));
        assert!(
            allowance.spend(0, at(3622)),
            "only some of them are paid back"
        );
    }
}
