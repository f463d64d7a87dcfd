//! How much a wait may ask of AWS beyond what its verdict needs: with that, a request a second.

use jiff::Timestamp;

/// Requests a second that the allowance grows by: what is left of one a second is for the looks
/// that a verdict needs.
const GROWTH: f64 = 0.95;

/// Requests that it can hold: a look at everything takes five, and changes come in twos and threes.
const MOST: f64 = 15.0;

/// What may still be asked; below zero after looks that were needed.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    left: f64,
    at: Timestamp,
}

impl Allowance {
    pub fn starting(at: Timestamp) -> Self {
        Self { left: MOST, at }
    }

    /// Takes in what was asked by now, and says whether there is more to spend.
    pub fn after(&mut self, asked: u32, now: Timestamp) -> bool {
        let passed = now.duration_since(self.at).as_secs_f64().max(0.0);
        self.at = now;
        self.left = (self.left + passed * GROWTH).min(MOST) - f64::from(asked);
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
        assert!(allowance.after(14, at(0)), "a burst");
        assert!(!allowance.after(5, at(0)), "and no more");
        assert!(!allowance.after(0, at(4)), "paid back slowly");
        assert!(allowance.after(0, at(5)));
        assert!(allowance.after(14, at(3600)), "an hour's rest is one burst");
        assert!(!allowance.after(1, at(3600)));
    }
}
