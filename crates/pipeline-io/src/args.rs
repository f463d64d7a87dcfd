//! Arguments and their variables: every long option of every verb has a variable `FARGATE_<OPTION>`.
//!
//! Decided here, once, from clap's own description of the options: an empty variable counts as unset
//! (GitHub passes an unset input as an empty variable), a list takes one entry per line and blank
//! lines are ignored, a switch takes true or false, and the command line overrides a variable. Never
//! here: what an option means.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, ArgMatches, Command};

/// What stdout contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// The one value that a script needs, e.g. the image
    #[default]
    Text,
    /// The result document
    Json,
}

/// The options of every verb.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Results")]
pub struct StepArgs {
    /// Write the result to DIR, e.g. DIR/ecs-deploy.json
    ///
    /// deploy-status and later steps read it.
    #[arg(long, value_name = "DIR", global = true)]
    pub results: Option<PathBuf>,

    /// What to print on stdout
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        global = true
    )]
    pub format: Format,
}

/// Shown at the end of every `--help`.
const ABOUT_VARIABLES: &str = "Every option can be set by a variable, e.g. FARGATE_RESULTS for \
    --results. Empty variables are\nignored, lists take one entry per line, and options override \
    variables.";

/// Shown at the end of every `-h`.
const MORE: &str = "Use --help for all options and examples.";

/// Shown instead if the program calls AWS.
const MORE_ABOUT_AWS: &str = "Use --help for all options, AWS access (--region, …) and examples.";

/// The id of `--verbose` among a command's arguments.
const VERBOSE: &str = "verbose";

/// A program's command with what every program has: `-v`, and the end of its help.
pub(crate) fn framed(command: Command, examples: &str) -> Command {
    let verbose = Arg::new(VERBOSE)
        .short('v')
        .long(VERBOSE)
        .action(ArgAction::Count)
        .global(true)
        .help_heading(None::<&str>)
        .help("Show each request; -vv shows more");
    let calls_aws = command
        .get_arguments()
        .any(|arg| arg.get_long() == Some("role-to-assume"));
    let more = if calls_aws { MORE_ABOUT_AWS } else { MORE };
    let end = if examples.is_empty() {
        ABOUT_VARIABLES.to_owned()
    } else {
        format!("Examples:\n  {examples}\n\n{ABOUT_VARIABLES}")
    };
    with_more(command.arg(verbose).after_long_help(end), more)
}

/// Ends the `-h` of the command and of its subcommands with this line.
fn with_more(command: Command, more: &'static str) -> Command {
    command
        .after_help(more)
        .mut_subcommands(|subcommand| with_more(subcommand, more))
}

/// The usage line of the command or subcommand that these arguments select. It names only what a
/// person has to write.
pub(crate) fn usage(command: &Command, argv: &[OsString]) -> StyledStr {
    let mut command = command.clone();
    command.build();
    selected(&command, argv).clone().render_usage()
}

/// How often `-v` was given, before or after a subcommand.
pub(crate) fn verbosity(matches: &ArgMatches) -> u8 {
    let here = matches.try_get_one(VERBOSE).ok().flatten();
    let below = matches.subcommand().map(|(_, below)| verbosity(below));
    here.copied().max(below).unwrap_or(0)
}

/// An option that a variable set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FromVariable {
    pub flag: String,
    pub variable: String,
}

/// Adds to `argv` the options that variables set and the command line does not.
///
/// # Errors
/// If a switch is neither true nor false, or a list is not Unicode text. The error names the
/// variable.
pub fn apply_environment(
    command: &Command,
    argv: Vec<OsString>,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<OsString>, clap::Error> {
    Ok(with_variables(command, argv, env)?.0)
}

pub(crate) fn with_variables(
    command: &Command,
    mut argv: Vec<OsString>,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<(Vec<OsString>, Vec<FromVariable>), clap::Error> {
    let mut command = command.clone();
    command.build();
    let end = argv.iter().position(|a| a == "--").unwrap_or(argv.len());
    let leaf = selected(&command, &argv[..end]);
    let mut added: Vec<OsString> = Vec::new();
    let mut set = Vec::new();
    for arg in leaf.get_arguments() {
        let Some(flag) = arg.get_long() else { continue };
        if matches!(
            arg.get_action(),
            ArgAction::Help | ArgAction::HelpLong | ArgAction::HelpShort | ArgAction::Version
        ) || argv[..end]
            .iter()
            .any(|token| is_option(token, flag) || is_count(token, arg))
        {
            continue;
        }
        let variable = format!("FARGATE_{}", flag.to_uppercase().replace('-', "_"));
        let Some(value) = env(&variable).filter(|v| !v.is_empty()) else {
            continue;
        };
        let tokens = tokens(arg, flag, &variable, value).map_err(|message| {
            leaf.clone()
                .error(clap::error::ErrorKind::InvalidValue, message)
        })?;
        if !tokens.is_empty() {
            set.push(FromVariable {
                flag: format!("--{flag}"),
                variable,
            });
        }
        added.extend(tokens);
    }
    argv.splice(end..end, added);
    Ok((argv, set))
}

fn tokens(arg: &Arg, flag: &str, variable: &str, value: OsString) -> Result<Vec<OsString>, String> {
    let joined = |value: &OsStr| {
        let mut token = OsString::from(format!("--{flag}="));
        token.push(value);
        token
    };
    match arg.get_action() {
        ArgAction::Count
            if let Some(times) = value
                .to_str()
                .and_then(|text| text.trim().parse::<u8>().ok()) =>
        {
            Ok(vec![format!("--{flag}").into(); times.into()])
        }
        ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count => {
            match value.to_str().map(str::trim) {
                Some("true" | "1" | "yes") => Ok(vec![format!("--{flag}").into()]),
                Some("false" | "0" | "no" | "") => Ok(Vec::new()),
                _ => Err(format!("{variable} is {value:?}: write true or false")),
            }
        }
        ArgAction::Append => {
            let text = value
                .to_str()
                .ok_or_else(|| format!("{variable} is not Unicode text"))?;
            let entries = text
                .lines()
                .map(str::trim)
                .filter(|entry| !entry.is_empty());
            Ok(entries.map(|entry| joined(OsStr::new(entry))).collect())
        }
        _ => Ok(vec![joined(&value)]),
    }
}

/// The command or subcommand that these arguments select.
fn selected<'c>(command: &'c Command, argv: &[OsString]) -> &'c Command {
    let mut leaf = command;
    for token in argv.iter().skip(1) {
        if let Some(sub) = token.to_str().and_then(|t| leaf.find_subcommand(t)) {
            leaf = sub;
        }
    }
    leaf
}

/// Whether this is the option, e.g. `--tag` or `--tag=v1`.
fn is_option(token: &OsStr, flag: &str) -> bool {
    token
        .to_str()
        .and_then(|t| t.strip_prefix("--"))
        .is_some_and(|t| {
            t == flag
                || t.strip_prefix(flag)
                    .is_some_and(|rest| rest.starts_with('='))
        })
}

/// Whether this is the short form of an option that counts, e.g. `-vv`.
fn is_count(token: &OsStr, arg: &Arg) -> bool {
    let letters = token.to_str().and_then(|t| t.strip_prefix('-'));
    matches!(arg.get_action(), ArgAction::Count)
        && letters.is_some_and(|l| !l.is_empty() && l.chars().all(|c| Some(c) == arg.get_short()))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Parser;

    use clap::Command;

    use super::{StepArgs, apply_environment, framed, verbosity};

    #[derive(Debug, Parser)]
    #[command(name = "verb")]
    struct Args {
        #[arg(long, required = true)]
        name: String,
        #[arg(long)]
        count: Option<u32>,
        #[arg(long, default_value = "10m")]
        timeout: String,
        #[arg(long)]
        dry_run: bool,
        #[arg(long)]
        image: Vec<String>,
        #[command(flatten)]
        step: StepArgs,
    }

    fn parse(argv: &[&str], env: &[(&str, &str)]) -> Result<Args, clap::Error> {
        let argv = std::iter::once("verb")
            .chain(argv.iter().copied())
            .map(OsString::from)
            .collect();
        let command = <Args as clap::CommandFactory>::command();
        let argv = apply_environment(&command, argv, |name| {
            env.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| OsString::from(v))
        })?;
        Args::try_parse_from(argv)
    }

    #[test]
    fn a_variable_sets_what_the_option_would() {
        let args = parse(
            &[],
            &[
                ("FARGATE_NAME", "web"),
                ("FARGATE_COUNT", "3"),
                ("FARGATE_DRY_RUN", "true"),
                ("FARGATE_IMAGE", "\n app=a \n\nside=b\n"),
                ("FARGATE_RESULTS", "out"),
            ],
        )
        .expect("parses");
        assert_eq!(
            (args.name.as_str(), args.count, args.dry_run),
            ("web", Some(3), true)
        );
        assert_eq!(args.image, ["app=a", "side=b"]);
        assert_eq!(
            args.step.results.as_deref(),
            Some(std::path::Path::new("out"))
        );
    }

    #[test]
    fn an_empty_variable_is_unset() {
        let args = parse(
            &["--name", "x"],
            &[
                ("FARGATE_COUNT", ""),
                ("FARGATE_TIMEOUT", ""),
                ("FARGATE_DRY_RUN", ""),
                ("FARGATE_IMAGE", ""),
            ],
        )
        .expect("parses");
        assert_eq!(
            (args.count, args.timeout.as_str(), args.dry_run),
            (None, "10m", false)
        );
        assert!(args.image.is_empty());
        let error = parse(&[], &[("FARGATE_NAME", "")]).expect_err("name is required");
        assert!(error.to_string().contains("--name"), "{error}");
    }

    #[test]
    fn the_command_line_overrides_a_variable() {
        let args = parse(
            &["--name=flag", "--image", "one"],
            &[("FARGATE_NAME", "variable"), ("FARGATE_IMAGE", "two")],
        )
        .expect("parses");
        assert_eq!(
            (args.name.as_str(), args.image),
            ("flag", vec!["one".to_owned()])
        );
    }

    #[test]
    fn a_value_may_look_like_an_option() {
        let args = parse(&[], &[("FARGATE_NAME", "--results")]).expect("parses");
        assert_eq!(args.name, "--results");
    }

    #[test]
    fn an_error_about_a_switch_names_its_variable() {
        let error = parse(&["--name", "x"], &[("FARGATE_DRY_RUN", "maybe")]).expect_err("refused");
        assert!(error.to_string().contains("FARGATE_DRY_RUN"), "{error}");
    }

    #[test]
    fn verbosity_is_counted_from_options_or_else_from_the_variable() {
        let command = || {
            framed(
                <Args as clap::CommandFactory>::command().subcommand(Command::new("sub")),
                "",
            )
        };
        for (argv, variable, level) in [
            (&["--name", "x"][..], "", 0),
            (&["--name", "x", "-v"], "", 1),
            (&["--name", "x", "-v", "--verbose"], "", 2),
            (&["--name", "x", "-vv", "sub"], "", 2),
            (&["--name", "x", "sub", "-vv"], "", 2),
            (&["--name", "x"], "true", 1),
            (&["--name", "x"], "2", 2),
            (&["--name", "x"], "0", 0),
            (&["--name", "x", "-v"], "2", 1),
        ] {
            let argv = std::iter::once("verb").chain(argv.iter().copied());
            let env = |name: &str| (name == "FARGATE_VERBOSE").then(|| variable.into());
            let argv = apply_environment(&command(), argv.map(OsString::from).collect(), env);
            let matches = command().try_get_matches_from(argv.expect("applied"));
            assert_eq!(verbosity(&matches.expect("parses")), level, "{variable:?}");
        }
    }
}
