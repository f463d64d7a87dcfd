//! How serious a message is.

/// How serious a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
    Notice,
}

impl Severity {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }

    /// The word and its colon as a line begins with it, in colour on a terminal.
    pub(crate) fn painted(self, paint: bool) -> String {
        let word = self.word();
        match (paint, self) {
            (true, Self::Error) => format!("\u{1b}[1;31m{word}:\u{1b}[0m"),
            (true, Self::Warning) => format!("\u{1b}[1;33m{word}:\u{1b}[0m"),
            _ => format!("{word}:"),
        }
    }
}
