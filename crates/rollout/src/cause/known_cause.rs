//! One entry of the catalogue.

/// Parts that have to be in a text, in this order. Lower case, straight apostrophes.
pub type Pattern = &'static [&'static str];

/// A known cause: by what it is recognized, what it means, and what to do.
#[derive(Debug, Clone, Copy)]
pub struct KnownCause {
    /// Its name in results, and on the page.
    pub id: &'static str,
    /// Texts of ECS: `stoppedReason`, `containers[].reason`, events, `statusReason`.
    pub texts: &'static [Pattern],
    /// Lines of a container's log.
    pub log_lines: &'static [Pattern],
    /// Exit codes of an essential container that speak for it, if no text does.
    pub exit_codes: &'static [i64],
    /// Whether it only repeats that something failed. Any other evidence is better.
    pub general: bool,
    /// What it means: the predicate of a sentence, lower case, without a full stop.
    pub meaning: &'static str,
    /// What to do: one or two sentences.
    pub remedy: &'static str,
}

impl KnownCause {
    /// What an entry is if it does not say otherwise: special, and recognized by nothing.
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

/// By its name: no two have the same.
impl PartialEq for KnownCause {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
