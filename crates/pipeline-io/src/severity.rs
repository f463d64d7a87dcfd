//! The severities of messages.

/// How serious a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
    Notice,
}

impl Severity {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }

    /// The beginning of a line, e.g. `error:`, in color if `paint`.
    pub(crate) fn painted(self, paint: bool) -> String {
        let name = self.as_str();
        match (paint, self) {
            (true, Self::Error) => format!("\u{1b}[1;31m{name}:\u{1b}[0m"),
            (true, Self::Warning) => format!("\u{1b}[1;33m{name}:\u{1b}[0m"),
            _ => format!("{name}:"),
        }
    }
}
