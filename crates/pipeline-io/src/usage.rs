//! Usage errors: which variable, if any, set the argument at fault.
//!
//! Decided here: whom a usage error blames. Never here: what clap says about the argument.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::args::FromVariable;

/// The command line was refused.
#[derive(Debug)]
pub(crate) struct UsageError {
    pub error: clap::Error,
    /// The variable that set the argument at fault.
    pub variable: Option<FromVariable>,
}

impl UsageError {
    /// An error of clap, and what variables set.
    pub fn new(error: clap::Error, set: &[FromVariable]) -> Self {
        let variable = at_fault(&error, set).cloned();
        Self { error, variable }
    }

    /// The message in lines. The second one names the variable.
    pub fn message(&self) -> String {
        let text = self.error.to_string();
        let text = text.trim_start_matches("error: ").trim_end();
        let Some(FromVariable { flag, variable }) = &self.variable else {
            return text.to_owned();
        };
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let note = format!("{flag} is set by the variable {variable}");
        format!("{first}\n{note}\n{rest}").trim_end().to_owned()
    }
}

impl From<clap::Error> for UsageError {
    fn from(error: clap::Error) -> Self {
        Self {
            error,
            variable: None,
        }
    }
}

/// Looks at the argument that clap names, not at the message: its usage line names other flags.
fn at_fault<'v>(error: &clap::Error, set: &'v [FromVariable]) -> Option<&'v FromVariable> {
    // What is missing was set by nobody.
    if error.kind() == ErrorKind::MissingRequiredArgument {
        return None;
    }
    let named = [ContextKind::InvalidArg, ContextKind::PriorArg]
        .into_iter()
        .filter_map(|kind| error.get(kind))
        .flat_map(|value| match value {
            ContextValue::String(argument) => vec![argument.as_str()],
            ContextValue::Strings(arguments) => arguments.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        });
    let mut flags = named.filter_map(|argument| argument.split([' ', '=']).next());
    flags.find_map(|flag| set.iter().find(|set| set.flag == flag))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::UsageError;
    use crate::args::FromVariable;

    #[derive(Debug, Parser)]
    #[command(name = "verb")]
    struct Args {
        #[arg(long)]
        name: String,
        #[arg(long)]
        count: Option<u32>,
    }

    fn refused(argv: &[&str], set: &[&str]) -> String {
        let set: Vec<FromVariable> = set
            .iter()
            .map(|flag| FromVariable {
                flag: format!("--{flag}"),
                variable: format!("FARGATE_{}", flag.to_uppercase()),
            })
            .collect();
        let argv = std::iter::once("verb").chain(argv.iter().copied());
        let error = Args::try_parse_from(argv).expect_err("refused");
        UsageError::new(error, &set).message()
    }

    #[test]
    fn the_variable_that_set_the_argument_at_fault_is_named() {
        let message = refused(&["--name=web", "--count=many"], &["name", "count"]);
        let second = message.lines().nth(1);
        assert_eq!(second, Some("--count is set by the variable FARGATE_COUNT"));
        assert!(!message.contains("FARGATE_NAME"), "{message}");
    }

    #[test]
    fn a_missing_argument_is_no_variables_fault() {
        let message = refused(&["--count=1"], &["count"]);
        assert!(message.contains("--name"), "{message}");
        assert!(!message.contains("variable"), "{message}");
        assert_eq!(message.matches("Usage:").count(), 1, "{message}");
    }

    #[test]
    fn an_argument_of_the_command_line_blames_no_variable() {
        let message = refused(&["--name=web", "--count=many"], &["name"]);
        assert!(!message.contains("variable"), "{message}");
    }
}
