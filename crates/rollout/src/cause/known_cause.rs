//! One entry of the catalogue.
//!
//! Decided here: the shape of an entry. Never here: the entries themselves.

use super::reason::{Operation, Problem};

/// Parts that a text must contain, in this order. Lower case, with straight apostrophes.
pub type Pattern = &'static [&'static str];

/// An operation, and the problems of it that have the same cause. [`Problem::Other`] includes all
/// problems that no other entry has.
pub type Failure = (Operation, &'static [Problem]);

/// A known cause: how it is recognized, what it means, and what to do.
///
/// `meaning` and `remedy` may contain `{}` for the resource that a text names, which is written in
/// backticks. Without a resource it is left out together with the space before it, and so is everything
/// in brackets around it: `cannot reach S3[ to read {}]`.
#[derive(Debug, Clone, Copy)]
pub struct KnownCause {
    /// Its identifier in results (`cause.code`) and in docs/causes.md.
    pub id: &'static str,
    /// What failed, and how: texts of ECS are split into these.
    pub failures: &'static [Failure],
    /// Texts of ECS that are recognized by their words: `stoppedReason`, `containers[].reason`,
    /// events, `statusReason`. They precede `failures`.
    pub texts: &'static [Pattern],
    /// Lines of a container's log.
    pub log_lines: &'static [Pattern],
    /// Exit codes of an essential container that indicate it if no text does.
    pub exit_codes: &'static [i64],
    /// Whether it only repeats that the deployment failed. Any special cause is preferred.
    pub general: bool,
    /// Whether the text's own words follow the meaning, because the meaning alone is not enough.
    pub quotes: bool,
    /// What it means: a clause that starts in lower case, without a full stop.
    pub meaning: &'static str,
    /// What to do: one or two sentences. If the text names the denied action, the remedy begins with
    /// a sentence that allows it instead.
    pub remedy: &'static str,
    /// What else to do if the text names the denied action.
    pub beside_denial: &'static str,
}

impl KnownCause {
    /// The defaults of an entry: special, and without texts or exit codes.
    pub(crate) const SPECIAL: Self = Self {
        id: "",
        failures: &[],
        texts: &[],
        log_lines: &[],
        exit_codes: &[],
        general: false,
        quotes: false,
        meaning: "",
        remedy: "",
        beside_denial: "",
    };
}

/// A template with its resource, in backticks.
pub(super) fn fill(template: &str, resource: Option<&str>) -> String {
    let Some(resource) = resource else {
        let without = match (template.find('['), template.find(']')) {
            (Some(start), Some(end)) => [&template[..start], &template[end + 1..]].concat(),
            _ => template.to_owned(),
        };
        return without.replace(" {}", "");
    };
    let with = template.replace(['[', ']'], "");
    with.replace("{}", &format!("`{resource}`"))
}

/// A clause as a sentence.
pub(super) fn sentence(clause: &str) -> String {
    let mut chars = clause.chars();
    let first = chars.next().map(|first| first.to_uppercase());
    let first = first.into_iter().flatten();
    let end = (!clause.ends_with('.')).then_some('.');
    first.chain(chars).chain(end).collect()
}

/// Compares identifiers, which are unique.
impl PartialEq for KnownCause {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
