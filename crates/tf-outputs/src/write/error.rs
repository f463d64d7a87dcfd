//! Why an output cannot be written in the chosen format.

use super::names::NameError;

/// Why an output cannot be written in the chosen format. No variant contains a value.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RenderError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("output `{name}` contains {what}, which {reader} cannot represent")]
    Value {
        name: String,
        what: &'static str,
        reader: &'static str,
    },
    #[error("output `{name}` cannot be joined with commas: {problem}")]
    Comma { name: String, problem: &'static str },
    #[error("the dotenv report has {bytes} bytes, but GitLab accepts at most {limit}")]
    DotenvBytes { bytes: usize, limit: usize },
    #[error("the dotenv report has {count} variables, but GitLab accepts at most {limit}")]
    DotenvVariables { count: usize, limit: usize },
    #[error(
        "the outputs have {bytes} bytes as GitHub counts them (UTF-16), but it accepts at most {limit} per job"
    )]
    GitHubBytes { bytes: usize, limit: usize },
}

impl RenderError {
    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            RenderError::Name(error) => error.hint(),
            RenderError::Value { name, .. } => format!(
                "use --format json or --json-variable NAME, which support every value, or omit `{name}` with --only"
            ),
            RenderError::Comma { .. } => "use --list-format json".to_owned(),
            RenderError::DotenvBytes { .. } | RenderError::GitHubBytes { .. } => {
                "select outputs with --only NAME,…, or pass the JSON on as an artifact (--out FILE)".to_owned()
            }
            RenderError::DotenvVariables { .. } => {
                "select outputs with --only NAME,…, put all of them into one variable with --json-variable NAME, or use --dotenv-limit N if your instance allows more".to_owned()
            }
        }
    }
}

/// Rejects a text with a character that the reader of the format would lose.
pub(super) fn refuse(
    name: &str,
    text: &str,
    characters: &[char],
    what: &'static str,
    reader: &'static str,
) -> Result<(), RenderError> {
    if text.contains(characters) {
        return Err(RenderError::Value {
            name: name.to_owned(),
            what,
            reader,
        });
    }
    Ok(())
}
