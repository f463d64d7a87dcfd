//! A value on the time line.

/// Milliseconds from the write that began our deployment.
pub type Ms = i64;

/// A value that changes at known moments. Before the first it has its first value.
#[derive(Debug, Clone)]
pub struct Line<T> {
    first: T,
    changes: Vec<(Ms, T)>,
}

impl<T> Line<T> {
    /// Always this value, until [`Line::set`].
    pub fn new(first: T) -> Self {
        Self {
            first,
            changes: Vec::new(),
        }
    }

    /// Sets `value` from `at` on, and drops later changes.
    pub fn set(&mut self, at: Ms, value: T) -> &mut Self {
        self.changes.retain(|(when, _)| *when < at);
        self.changes.push((at, value));
        self
    }

    /// Drops all changes from `at` on.
    pub fn cut(&mut self, at: Ms) -> &mut Self {
        self.changes.retain(|(when, _)| *when < at);
        self
    }

    /// The value at a moment.
    pub fn at(&self, moment: Ms) -> &T {
        let past = self.changes.iter().rev().find(|(when, _)| *when <= moment);
        past.map_or(&self.first, |(_, value)| value)
    }

    /// The moment of the last change up to `moment`.
    pub fn changed_before(&self, moment: Ms) -> Option<Ms> {
        let past = self.changes.iter().rev().find(|(when, _)| *when <= moment);
        past.map(|(when, _)| *when)
    }

    /// All moments of change.
    pub fn changes(&self) -> impl Iterator<Item = (Ms, &T)> {
        self.changes.iter().map(|(when, value)| (*when, value))
    }

    /// The last moment of change, or the beginning.
    pub fn last_change(&self) -> Ms {
        self.changes.last().map_or(0, |(when, _)| *when)
    }

    /// All values that it has anywhere in a span, the one at its beginning included.
    pub fn within(&self, from: Ms, to: Ms) -> impl Iterator<Item = &T> {
        let inside = self
            .changes
            .iter()
            .filter(move |(when, _)| *when > from && *when <= to);
        std::iter::once(self.at(from)).chain(inside.map(|(_, value)| value))
    }
}
