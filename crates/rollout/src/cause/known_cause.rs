//! One entry of the catalogue.
//!
//! Decided here: the shape of an entry. Never here: the entries themselves.

/// Parts that a text must contain, in this order. Lower case, with straight apostrophes.
pub type Pattern = &'static [&'static str];

/// A known cause: how it is recognized, what it means, and what to do.
#[derive(Debug, Clone, Copy)]
pub struct KnownCause {
    /// Its identifier in results (`cause.code`) and in docs/causes.md.
    pub id: &'static str,
    /// Texts of ECS: `stoppedReason`, `containers[].reason`, events, `statusReason`.
    pub texts: &'static [Pattern],
    /// Lines of a container's log.
    pub log_lines: &'static [Pattern],
    /// Exit codes of an essential container that indicate it if no text does.
    pub exit_codes: &'static [i64],
    /// Whether it only repeats that the deployment failed. Any special cause is preferred.
    pub general: bool,
    /// What it means: a clause that starts in lower case, without a full stop.
    pub meaning: &'static str,
    /// What to do: one or two sentences.
    pub remedy: &'static str,
}

impl KnownCause {
    /// The defaults of an entry: special, and without texts or exit codes.
    pub(crate) const SPECIAL: Self = Self {
        id: "",
        texts: &[],
        log_lines: &[],
        exit_codes: &[],
        general: false,
        meaning: "",
        remedy: "",
    };

    /// The meaning as a sentence.
    pub fn summary(&self) -> String {
        let mut chars = self.meaning.chars();
        let first = chars.next().map(|first| first.to_uppercase());
        let first = first.into_iter().flatten();
        first.chain(chars).chain(['.']).collect()
    }
}

/// Compares identifiers, which are unique.
impl PartialEq for KnownCause {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
