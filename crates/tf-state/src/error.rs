//! Why a text has no readable outputs: one variant for each kind of wrong input.

use std::io;

use crate::budget::LimitExceeded;

/// Why no outputs could be read. No variant contains a value from the text.
///
/// The messages do not name the text: the caller puts its location in front of them.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("the state is empty")]
    Empty,
    #[error("this is an HTML page, not a state")]
    Html,
    #[error("the text is encoded as UTF-16, not UTF-8")]
    Utf16,
    #[error("the JSON starts with a line from the setup-terraform wrapper")]
    WrapperOutput,
    #[error("invalid JSON: {problem} at line {line}, column {column}")]
    NotJson {
        problem: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    #[error("the JSON is incomplete: it ends at line {line}, column {column}")]
    Truncated { line: usize, column: usize },
    #[error("the state has version {found}, but only version 4 is supported")]
    Version { found: String },
    #[error("this file contains the backend settings of `terraform init`, not a state")]
    BackendSettings,
    #[error("the state is encrypted by OpenTofu")]
    Encrypted,
    #[error("this is the output of `terraform show -json`, not of `terraform output -json`")]
    ShowJson,
    #[error(
        "this is neither a Terraform state nor the output of `terraform output -json`, but {found}"
    )]
    NotAState { found: String },
    #[error("`outputs` is {found}, not an object")]
    OutputsKind { found: &'static str },
    #[error("output {name:?} is malformed: {problem}")]
    Output { name: String, problem: String },
    #[error("{name:?} is not a valid name for an output")]
    Name { name: String },
    #[error("the outputs are larger than {} MiB", .limit / (1024 * 1024))]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    #[error("the text cannot be read")]
    Read(#[source] io::Error),
}

impl StateError {
    /// What the user can do: a sentence without a full stop, or `None` if the error already shows it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            StateError::Empty => "run `terraform apply` with this backend and workspace first",
            StateError::Html => {
                "a proxy or a login page responded: check the URL, the credentials and NO_PROXY"
            }
            StateError::Utf16 => {
                "PowerShell's `>` writes UTF-16: use `terraform output -json | Out-File -Encoding utf8 FILE`"
            }
            StateError::WrapperOutput => {
                "set `terraform_wrapper: false` for hashicorp/setup-terraform, or read the state itself with --state"
            }
            StateError::NotJson { .. } => {
                "pass a state file or the output of `terraform output -json` (with -json)"
            }
            StateError::Truncated { .. } => {
                "fetch the state again: the program that wrote it or the download was interrupted"
            }
            StateError::BackendSettings => {
                "use --from-backend DIR with the directory of the .tf files"
            }
            StateError::Version { found } if is_older(found) => {
                "run `terraform apply` once with Terraform 0.12 or later, which upgrades the state"
            }
            StateError::Version { .. } => {
                "update this program, or use `terraform output -json | tf-outputs --state -`"
            }
            StateError::Encrypted => {
                "only OpenTofu has the key: use `tofu output -json | tf-outputs --state -`"
            }
            StateError::ShowJson => {
                "use `terraform output -json`, or read the state itself with --state"
            }
            StateError::NotAState { .. } => {
                "a state has the members `version` and `outputs`; in `terraform output -json`, each output has a `value`"
            }
            StateError::TooLarge { .. } => {
                "outputs are meant for IDs and addresses: store large data elsewhere"
            }
            StateError::OutputsKind { .. }
            | StateError::Output { .. }
            | StateError::Name { .. }
            | StateError::Read(_) => return None,
        })
    }

    /// Converts an error of serde_json. Syntax errors contain positions, never values.
    pub(crate) fn from_json(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Io => {
                let error = io::Error::from(error);
                let exceeded = error
                    .get_ref()
                    .and_then(|inner| inner.downcast_ref::<LimitExceeded>());
                match exceeded {
                    Some(LimitExceeded { limit }) => StateError::TooLarge { limit: *limit },
                    None => StateError::Read(error),
                }
            }
            Category::Eof => StateError::Truncated { line, column },
            // Only a text that is meant to mislead the parser gets here, and serde would quote its value.
            Category::Data => StateError::NotJson {
                problem: "a value has the wrong type".to_owned(),
                line,
                column,
            },
            Category::Syntax => {
                let text = error.to_string();
                let problem = text
                    .split_once(" at line ")
                    .map_or(text.as_str(), |(problem, _)| problem);
                StateError::NotJson {
                    problem: problem.to_owned(),
                    line,
                    column,
                }
            }
        }
    }
}

fn is_older(version: &str) -> bool {
    version.parse::<u64>().is_ok_and(|version| version < 4)
}
