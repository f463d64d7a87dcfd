//! What was handed in instead of a state, one variant each.

use std::io;

use crate::budget::Exceeded;

/// Why no outputs could be read. No variant holds a value out of the text.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("it is empty")]
    Empty,
    #[error("it is an HTML page, not a state")]
    Html,
    #[error("it is UTF-16 text, not UTF-8")]
    Utf16,
    #[error("a line of the setup-terraform wrapper stands before the JSON")]
    WrapperOutput,
    #[error("it is not JSON: {problem} at line {line}, column {column}")]
    NotJson {
        problem: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    #[error(
        "it is cut short: the JSON ends at line {line}, column {column}, before it is complete"
    )]
    Truncated { line: usize, column: usize },
    #[error("it is a state of version {found}, and only version 4 is read")]
    Version { found: String },
    #[error("it is a state encrypted by OpenTofu")]
    Encrypted,
    #[error("it is the text of `terraform show -json`, not of `terraform output -json`")]
    ShowJson,
    #[error(
        "it is neither a Terraform state nor the text of `terraform output -json`, but {found}"
    )]
    NotAState { found: String },
    #[error("its `outputs` is {found}, not an object")]
    OutputsKind { found: &'static str },
    #[error("output {name:?} is malformed: {problem}")]
    Output { name: String, problem: String },
    #[error("{name:?} is no name that Terraform gives an output")]
    Name { name: String },
    #[error("it holds more than {} MiB of outputs", .limit / (1024 * 1024))]
    TooLarge { limit: u64 },
    #[error("reading failed")]
    Read(#[source] io::Error),
}

impl StateError {
    /// What to do about it: a sentence without a full stop, or nothing where the error says it all.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            StateError::Empty => "has `terraform apply` run with this backend and workspace?",
            StateError::Html => {
                "a proxy or a login page answered: check the address, the credentials and NO_PROXY"
            }
            StateError::Utf16 => {
                "PowerShell's `>` writes UTF-16: use `terraform output -json | Out-File -Encoding utf8 FILE`"
            }
            StateError::WrapperOutput => {
                "set `terraform_wrapper: false` at hashicorp/setup-terraform, or read the state itself with --state"
            }
            StateError::NotJson { .. } => {
                "give a state file, or the text of `terraform output -json` (with -json)"
            }
            StateError::Truncated { .. } => {
                "fetch it again: the writer or the download was interrupted"
            }
            StateError::Version { found } if older(found) => {
                "run `terraform apply` once with Terraform 0.12 or later, which upgrades the state"
            }
            StateError::Version { .. } => {
                "update this program, or use `terraform output -json | tf-outputs --state -`"
            }
            StateError::Encrypted => {
                "only OpenTofu holds the key: use `tofu output -json | tf-outputs --state -`"
            }
            StateError::ShowJson => {
                "use `terraform output -json`, or read the state itself with --state"
            }
            StateError::NotAState { .. } => {
                "a state has the members `version` and `outputs`; `terraform output -json` gives each output a `value`"
            }
            StateError::TooLarge { .. } => {
                "an output is meant for ids and addresses: keep bulk data elsewhere"
            }
            StateError::OutputsKind { .. }
            | StateError::Output { .. }
            | StateError::Name { .. }
            | StateError::Read(_) => return None,
        })
    }

    /// Sorts serde_json's complaints: those about syntax name positions and never values.
    pub(crate) fn from_json(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Io => {
                let error = io::Error::from(error);
                let exceeded = error
                    .get_ref()
                    .and_then(|inner| inner.downcast_ref::<Exceeded>());
                match exceeded {
                    Some(Exceeded { limit }) => StateError::TooLarge { limit: *limit },
                    None => StateError::Read(error),
                }
            }
            Category::Eof => StateError::Truncated { line, column },
            // Only a text made to fool the parser gets here, and serde would quote the value.
            Category::Data => StateError::NotJson {
                problem: "a value of a wrong kind".to_owned(),
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

fn older(version: &str) -> bool {
    version.parse::<u64>().is_ok_and(|version| version < 4)
}
