//! Why an output cannot be written in the chosen format.

use super::names::NameError;

/// Why an output cannot be written in the chosen format. Values are never repeated.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum WriteError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("output `{name}` holds {what}, which {reader} cannot hold")]
    Value {
        name: String,
        what: &'static str,
        reader: &'static str,
    },
    #[error("output `{name}` cannot be joined by commas: {problem}")]
    Comma { name: String, problem: &'static str },
    #[error("the dotenv text has {bytes} bytes, and GitLab takes at most {limit}")]
    DotenvBytes { bytes: usize, limit: usize },
    #[error("the dotenv text has {count} variables, and GitLab takes at most {limit}")]
    DotenvVariables { count: usize, limit: usize },
    #[error(
        "the outputs have {bytes} bytes as GitHub counts them (UTF-16), and it takes at most {limit} of a job"
    )]
    GitHubBytes { bytes: usize, limit: usize },
}

impl WriteError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            WriteError::Name(error) => error.hint(),
            WriteError::Value { name, .. } => format!(
                "use --format json (a multi-line value is no problem there), --json-variable NAME, or leave `{name}` out with --only"
            ),
            WriteError::Comma { .. } => "leave --list-format at json".to_owned(),
            WriteError::DotenvBytes { .. } | WriteError::GitHubBytes { .. } => {
                "choose with --only, or hand the JSON on as an artifact (--out FILE)".to_owned()
            }
            WriteError::DotenvVariables { .. } => {
                "choose with --only, put all into one JSON variable with --json-variable NAME, or raise --dotenv-limit where your instance allows more".to_owned()
            }
        }
    }
}

/// Refuses a text with a character that the reader would lose.
pub(super) fn refuse(
    name: &str,
    text: &str,
    characters: &[char],
    what: &'static str,
    reader: &'static str,
) -> Result<(), WriteError> {
    if text.contains(characters) {
        return Err(WriteError::Value {
            name: name.to_owned(),
            what,
            reader,
        });
    }
    Ok(())
}
