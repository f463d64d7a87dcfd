//! The command line of `deploy` and `config`: the flags of the six programs under their own names, and
//! the few flags of a build.
//!
//! Decided here: which flags a whole deployment has. Never here: what a flag means or whether its value
//! is valid, which its program decides.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};

use crate::config::settings::{Origin, Settings};

/// The positional argument.
const ENVIRONMENT: &str = "environment-name";

/// Flags of single programs that a whole deployment decides itself, or that have several meanings.
const LEFT_OUT: [&str; 21] = [
    "backend-config",
    "deployment",
    "diff",
    "dotenv-limit",
    "drift-issue",
    "exit-code",
    "failed-step",
    "format",
    "github-env",
    "include-sensitive",
    "json-variable",
    "list-format",
    "map",
    "only",
    "out",
    "outputs",
    "plan-markdown",
    "require",
    "resource-tag",
    "show-values",
    "terraform-plan",
];

/// The flags that `-h` shows. `--help` shows all.
const FREQUENT: [&str; 9] = [
    "cluster",
    "dry-run",
    "image",
    "repository",
    "service",
    "source",
    "state",
    "tag",
    "timeout",
];

/// The six programs, in the order of a deployment.
fn programs() -> [Command; 6] {
    [
        tf_outputs::command(),
        ecr_push::command(),
        render_taskdef::command(),
        ecs_deploy::command(),
        wait_healthy::command(),
        deploy_status::command(),
    ]
}

/// The flags of the build, and the ones that mean more here than in one program.
fn own() -> Vec<Arg> {
    let flag = |name: &'static str, metavar: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(metavar).help(help)
    };
    let own = [
        flag(
            "cluster",
            "NAME|ARN",
            "Cluster [default: from the service definition, then the outputs]",
        ),
        flag(
            "service",
            "NAME|ARN",
            "Service [default: from the service definition, then the outputs]",
        ),
        flag("context", "DIR", "Build context [default: .]"),
        flag(
            "dockerfile",
            "FILE",
            "Dockerfile, relative to the context [default: Dockerfile]",
        ),
        flag(
            "build-args",
            "NAME=VALUE",
            "Build argument; may be given more than once",
        )
        .action(ArgAction::Append),
        flag(
            "source",
            "SOURCE",
            "Existing image instead of a build, e.g. oci:DIR; none pushes nothing",
        ),
        flag(
            "container",
            "NAME",
            "Container that runs the image [default: the only one]",
        ),
        flag(
            "working-directory",
            "DIR",
            "Directory that all paths are relative to",
        ),
        flag(
            "repository",
            "NAME",
            "ECR repository [default: the one of the live service's image]",
        ),
        flag(
            "task-definition",
            "FILE|FAMILY|ARN",
            "Task definition [default: taskdef.json, else the live service's]",
        ),
        flag(
            "service-definition",
            "FILE",
            "Service definition [default: service.json if it exists]",
        ),
        flag(
            "results",
            "DIR",
            "Directory for the result files [default: a temporary one]",
        ),
        flag(
            "image",
            "[CONTAINER=]URI",
            "Image of another container; without CONTAINER= instead of a build",
        )
        .action(ArgAction::Append),
        Arg::new("dry-run")
            .long("dry-run")
            .action(ArgAction::SetTrue)
            .help("Show what would change without changing anything in AWS"),
    ];
    own.into_iter().collect()
}

/// A program's flag without its default and without its relations to other flags, which the program
/// checks.
fn borrowed(arg: &Arg, flag: &str) -> Arg {
    let name = flag.to_owned();
    let mut ours = Arg::new(name.clone()).long(name);
    if let Some(heading) = arg.get_help_heading() {
        ours = ours.help_heading(heading.to_owned());
    }
    if let Some(help) = arg.get_help() {
        ours = ours.help(help.clone());
    }
    if let Some(help) = arg.get_long_help() {
        ours = ours.long_help(help.clone());
    }
    if let Some(names) = arg.get_value_names() {
        ours = ours.value_names(names.iter().map(|name| name.to_string()));
    }
    let possible = arg.get_possible_values();
    match arg.get_action() {
        ArgAction::SetTrue => ours.action(ArgAction::SetTrue),
        ArgAction::Append => ours.action(ArgAction::Append),
        _ if possible.is_empty() => ours,
        _ => ours
            .value_parser(PossibleValuesParser::new(possible))
            .hide_possible_values(true),
    }
}

/// All flags of a deployment.
pub(crate) fn command(name: &'static str, about: &'static str) -> Command {
    let mut command = Command::new(name)
        .about(about)
        .version(env!("CARGO_PKG_VERSION"))
        .max_term_width(100)
        .arg(
            Arg::new(ENVIRONMENT)
                .value_name("ENVIRONMENT")
                .help("Environment of fargate.yml, e.g. production"),
        );
    let mut flags = own();
    for program in programs() {
        for arg in program.get_arguments() {
            let Some(flag) = arg.get_long() else { continue };
            let is_known = flags.iter().any(|ours| ours.get_long() == Some(flag));
            if !is_known && !LEFT_OUT.contains(&flag) && !matches!(flag, "help" | "version") {
                flags.push(borrowed(arg, flag));
            }
        }
    }
    for flag in flags {
        let is_frequent = flag.get_long().is_some_and(|name| FREQUENT.contains(&name));
        command = command.arg(flag.hide_short_help(!is_frequent));
    }
    command
}

/// The flags of `deploy`, by which `fargate.yml` and its schema are checked.
pub(crate) fn deploy_command() -> Command {
    command(
        "deploy",
        "Build, push, render, deploy and wait until the service is proven healthy",
    )
}

/// A parsed command line: the environment, and the flags and variables.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub environment: Option<String>,
    pub settings: Settings,
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let variable = |name: &str| std::env::var(name).ok();
        Ok(given(matches, variable))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// `pipeline_io` adds the variables to the command line, so a value that a variable also has comes from
/// it.
fn given(matches: &ArgMatches, variable: impl Fn(&str) -> Option<String>) -> Given {
    let mut settings = Settings::default();
    for arg in deploy_command().get_arguments() {
        let Some(flag) = arg.get_long() else { continue };
        let values: Vec<String> = if matches!(arg.get_action(), ArgAction::SetTrue) {
            if !matches.get_flag(flag) {
                continue;
            }
            vec!["true".to_owned()]
        } else {
            match matches.get_many::<String>(flag) {
                Some(values) => values.cloned().collect(),
                None => continue,
            }
        };
        let name = variable_of(flag);
        let origin = match variable(&name).filter(|text| is_from(text, &values)) {
            Some(_) => Origin::Variable(name),
            None => Origin::Flag,
        };
        settings.fill(flag, values, origin);
    }
    Given {
        environment: matches.get_one::<String>(ENVIRONMENT).cloned(),
        settings,
    }
}

/// The variable of a flag.
pub(crate) fn variable_of(flag: &str) -> String {
    format!("FARGATE_{}", flag.to_uppercase().replace('-', "_"))
}

fn is_from(text: &str, values: &[String]) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    text == values.join("\n")
        || lines.eq(values.iter().map(String::as_str))
        || (values == ["true"] && matches!(text.trim(), "1" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::{LEFT_OUT, deploy_command, programs};

    #[test]
    fn the_command_lines_are_well_formed() {
        deploy_command().debug_assert();
    }

    #[test]
    fn every_flag_of_a_program_is_a_flag_of_the_deployment_or_left_out() {
        let ours = deploy_command();
        let has = |flag: &str| ours.get_arguments().any(|arg| arg.get_long() == Some(flag));
        for program in programs() {
            for flag in program.get_arguments().filter_map(|arg| arg.get_long()) {
                assert!(has(flag) != LEFT_OUT.contains(&flag), "{flag}");
            }
        }
        for flag in LEFT_OUT {
            let programs = programs();
            let mut all = programs.iter().flat_map(|program| program.get_arguments());
            assert!(
                all.any(|arg| arg.get_long() == Some(flag)),
                "{flag} does not exist"
            );
        }
    }
}
