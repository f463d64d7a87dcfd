//! Usage errors: clap's message, in words for people who do not know Rust, and the variable that set
//! the argument.
//!
//! Decided here: which argument a usage error names. Never here: what an argument means.

use std::error::Error;
use std::ffi::OsStr;
use std::num::{IntErrorKind, ParseIntError};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use crate::args::FromVariable;

/// A command line that cannot be used.
#[derive(Debug)]
pub(crate) struct UsageError {
    pub error: clap::Error,
    /// The variable that set the wrong argument.
    pub variable: Option<FromVariable>,
}

impl UsageError {
    /// An error of clap. `set` lists the options that variables set. `usage` replaces clap's usage
    /// line, which would list these options as if the person had to write them.
    pub fn new(
        mut error: clap::Error,
        set: &[FromVariable],
        usage: impl FnOnce() -> StyledStr,
    ) -> Self {
        let variable = wrong_variable(&error, set).cloned();
        if !set.is_empty() && error.get(ContextKind::Usage).is_some() {
            error.insert(ContextKind::Usage, ContextValue::StyledStr(usage()));
        }
        Self { error, variable }
    }

    /// The message. If a variable set the wrong argument, its second line names the variable.
    pub fn message(&self) -> String {
        let text = plain_text(&self.error);
        let Some(FromVariable { flag, variable }) = &self.variable else {
            return text;
        };
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
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

/// Clap's message, but with our own words about a number. Clap's are `invalid digit found in string`
/// and `5 is not in 900..=43200`.
fn plain_text(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.trim_start_matches("error: ").trim_end();
    let reason = error.source().map(|source| (source, number_error(source)));
    match reason {
        Some((source, Some(plain))) => text.replacen(&source.to_string(), &plain, 1),
        _ => text.to_owned(),
    }
}

fn number_error(source: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = source.downcast_ref::<ParseIntError>() {
        let plain = match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "the number is too large",
            IntErrorKind::Zero => "expected at least 1",
            _ => "expected a whole number",
        };
        return Some(plain.to_owned());
    }
    let text = source.to_string();
    let (from, to) = text.split_once(" is not in ")?.1.split_once("..=")?;
    let largest: [i128; 3] = [u32::MAX.into(), i64::MAX.into(), u64::MAX.into()];
    if largest.iter().any(|limit| limit.to_string() == to) {
        return Some(format!("expected at least {from}"));
    }
    Some(format!("expected a number from {from} to {to}"))
}

/// The first option that the command line sets to an empty value. A script does this if one of its
/// variables is not set, and no option has a meaning for it. (Options from variables cannot be empty.)
pub(crate) fn empty_option(command: &Command, matches: &ArgMatches) -> Option<String> {
    let is_blank = |value: &OsStr| value.to_string_lossy().trim().is_empty();
    let is_empty = |id: &str| {
        let values = matches.try_get_raw(id).ok().flatten();
        matches.value_source(id) == Some(ValueSource::CommandLine)
            && values.is_some_and(|mut values| values.any(is_blank))
    };
    let mut options = command
        .get_arguments()
        .filter_map(|arg| Some((arg.get_id().as_str(), arg.get_long()?)));
    if let Some((_, name)) = options.find(|(id, _)| is_empty(id)) {
        return Some(format!("--{name}"));
    }
    let (name, matches) = matches.subcommand()?;
    empty_option(command.find_subcommand(name)?, matches)
}

/// Reads the argument from clap's error, not from its message, whose usage line names other options.
fn wrong_variable<'v>(error: &clap::Error, set: &'v [FromVariable]) -> Option<&'v FromVariable> {
    // A missing argument was not set by a variable.
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
    use clap::{CommandFactory, Parser};

    use super::{UsageError, empty_option};
    use crate::args::FromVariable;

    #[derive(Debug, Parser)]
    #[command(name = "verb")]
    struct Args {
        #[arg(long)]
        name: String,
        #[arg(long)]
        count: Option<u32>,
        #[arg(long, value_parser = clap::value_parser!(u32).range(900..=43200))]
        seconds: Option<u32>,
        #[arg(long)]
        tries: Option<std::num::NonZeroU32>,
        #[arg(long)]
        tag: Vec<String>,
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
        UsageError::new(error, &set, || Args::command().render_usage()).message()
    }

    #[test]
    fn the_variable_that_set_the_wrong_argument_is_named() {
        let message = refused(&["--name=web", "--count=many"], &["name", "count"]);
        let second = message.lines().nth(1);
        assert_eq!(second, Some("--count is set by the variable FARGATE_COUNT"));
        assert!(!message.contains("FARGATE_NAME"), "{message}");
    }

    #[test]
    fn a_wrong_number_is_explained_without_the_words_of_rust() {
        for (argument, reason) in [
            ("--count=many", "expected a whole number"),
            ("--count=1.5", "expected a whole number"),
            ("--count=99999999999999999999", "the number is too large"),
            ("--count=-1", "expected at least 0"),
            ("--tries=0", "expected at least 1"),
            ("--seconds=5", "expected a number from 900 to 43200"),
        ] {
            let message = refused(&["--name=web", argument], &[]);
            let first = message.lines().next().unwrap_or_default();
            assert!(first.ends_with(reason), "{argument}: {message}");
        }
    }

    #[test]
    fn an_empty_option_is_found() {
        for (argv, option) in [
            (&["--name", ""][..], Some("--name")),
            (&["--name=web", "--tag=a", "--tag="], Some("--tag")),
            (&["--name=web", "--tag=a"], None),
        ] {
            let mut command = Args::command();
            let argv = std::iter::once("verb").chain(argv.iter().copied());
            let matches = command.try_get_matches_from_mut(argv).expect("parses");
            assert_eq!(empty_option(&command, &matches).as_deref(), option);
        }
    }

    #[test]
    fn the_usage_line_does_not_list_what_variables_set() {
        let message = refused(&["--count=1"], &["count"]);
        assert!(
            message.ends_with(
                "Usage: verb [OPTIONS] --name <NAME>\n\nFor more information, try '--help'."
            ),
            "{message}"
        );
    }

    #[test]
    fn a_missing_argument_names_no_variable() {
        let message = refused(&["--count=1"], &["count"]);
        assert!(message.contains("--name"), "{message}");
        assert!(!message.contains("variable"), "{message}");
        assert_eq!(message.matches("Usage:").count(), 1, "{message}");
    }

    #[test]
    fn an_argument_of_the_command_line_names_no_variable() {
        let message = refused(&["--name=web", "--count=many"], &["name"]);
        assert!(!message.contains("variable"), "{message}");
    }
}
