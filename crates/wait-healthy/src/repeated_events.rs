//! Finds events that ECS repeats, e.g. "unable to place a task", so that they become one warning.

use std::collections::BTreeMap;

/// After how many equal events there is a warning.
const WARNING_AT: u32 = 3;

/// How often an event was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Not often enough for a warning, or not a problem.
    New,
    /// Often enough for a warning. This happens once per event.
    Warning(u32),
    /// Again after the warning.
    Again(u32),
}

/// The events so far, and how often each was seen.
#[derive(Debug, Default)]
pub struct Repeats(BTreeMap<String, u32>);

impl Repeats {
    /// Adds an event.
    pub fn add(&mut self, message: &str) -> Repeat {
        if !message.contains("unable to") && !message.contains("failed") {
            return Repeat::New;
        }
        let count = self.0.entry(without_ids(message)).or_default();
        *count += 1;
        match *count {
            count if count < WARNING_AT => Repeat::New,
            WARNING_AT => Repeat::Warning(WARNING_AT),
            count => Repeat::Again(count),
        }
    }
}

/// The event without IDs of tasks and instances, which differ each time.
fn without_ids(message: &str) -> String {
    let is_id = |word: &&str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits >= 4
    };
    let words = message.split([' ', '(', ')', '/']);
    let words: Vec<&str> = words.filter(|word| !is_id(word)).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Repeat, Repeats};

    #[test]
    fn an_event_is_a_warning_once() {
        let mut repeats = Repeats::default();
        let event =
            |id: &str| format!("was unable to place a task. Reason: no capacity (task {id})");
        for (id, expected) in [
            ("0123456789abcdef0123456789abcdef", Repeat::New),
            ("1123456789abcdef0123456789abcdef", Repeat::New),
            ("2123456789abcdef0123456789abcdef", Repeat::Warning(3)),
            ("3123456789abcdef0123456789abcdef", Repeat::Again(4)),
        ] {
            assert_eq!(repeats.add(&event(id)), expected, "{id}");
        }
        for _ in 0..5 {
            assert_eq!(repeats.add("has started 1 tasks: (task 1234)"), Repeat::New);
        }
    }
}
