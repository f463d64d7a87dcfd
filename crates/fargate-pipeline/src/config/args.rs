//! The arguments of `deploy` and `config` for the runtime of a program.
//!
//! Decided here: nothing but the names and the examples. The flags are in `flags`.

use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, Parser};
use pipeline_io::Verb;

use crate::config::flags::{Given, command, deploy_command};

/// The arguments of `deploy`.
#[derive(Debug, Clone)]
pub(crate) struct DeployArgs(pub Given);

/// The arguments of `config`.
#[derive(Debug, Clone)]
pub(crate) struct ConfigArgs {
    pub given: Given,
    pub is_json: bool,
}

impl CommandFactory for DeployArgs {
    fn command() -> Command {
        deploy_command()
    }

    fn command_for_update() -> Command {
        deploy_command()
    }
}

impl FromArgMatches for DeployArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Given::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl Parser for DeployArgs {}

impl Verb for DeployArgs {
    const NAME: &'static str = "deploy";
    const EXAMPLES: &'static str = "\
  fargate-pipeline deploy --cluster prod --service web
  fargate-pipeline deploy production
  fargate-pipeline deploy --cluster prod --service web --source docker-daemon:web:1.4";
    const HANDLES_INTERRUPT: bool = true;

    /// The steps write their own results.
    fn results(&self) -> Option<&Path> {
        None
    }

    fn wants_json(&self) -> bool {
        false
    }
}

impl CommandFactory for ConfigArgs {
    fn command() -> Command {
        let format = Arg::new("format")
            .long("format")
            .value_name("FORMAT")
            .value_parser(PossibleValuesParser::new(["text", "json"]))
            .help("Format of the output");
        command(
            "config",
            "Show each value that deploy would use, and where it comes from",
        )
        .arg(format)
    }

    fn command_for_update() -> Command {
        Self::command()
    }
}

impl FromArgMatches for ConfigArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let format = matches.get_one::<String>("format");
        Ok(Self {
            given: Given::from_arg_matches(matches)?,
            is_json: format.is_some_and(|format| format == "json"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Parser for ConfigArgs {}

impl Verb for ConfigArgs {
    const NAME: &'static str = "config";
    const EXAMPLES: &'static str = "\
  fargate-pipeline config
  fargate-pipeline config production --format json";

    fn results(&self) -> Option<&Path> {
        None
    }

    fn wants_json(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_of_config_is_well_formed() {
        super::ConfigArgs::command().debug_assert();
    }
}
