//! Generates an action's inputs from a program's options: one for each, with the same name and
//! meaning.

use clap::{Arg, ArgAction, Command};

/// The value of an unset input, if it is more than the flag's own default: program, flag,
/// expression, meaning. Files are in the runner's scratch directory, so that the steps of a job
/// find each other's files.
const IN_ACTIONS: [(&str, &str, &str, &str); 5] = [
    (
        "deploy-status",
        "results",
        "format('{0}/fargate-pipeline/results', runner.temp)",
        "the directory in which the job's other steps write theirs",
    ),
    (
        "*",
        "results",
        "format('{0}/fargate-pipeline/results', runner.temp)",
        "a directory for this job",
    ),
    (
        "deploy-status",
        "pull-request",
        "github.event.pull_request.number",
        "the pull request of the event, if there is one",
    ),
    (
        "tf-outputs",
        "out",
        OUTPUTS_FILE,
        "a file for this job, see the output `file`",
    ),
    (
        "render-taskdef",
        "out",
        "format('{0}/fargate-pipeline/task-definition.json', runner.temp)",
        "a file for this job",
    ),
];

/// The file that tf-outputs writes by default.
pub const OUTPUTS_FILE: &str = "format('{0}/fargate-pipeline/outputs.json', runner.temp)";

/// Secret values, which have no flag: input, program, variable, default, meaning.
const SECRETS: [(&str, &str, &str, &str, &str); 1] = [(
    "github-token",
    "deploy-status",
    "GITHUB_TOKEN",
    "${{ github.token }}",
    "Token for the comment; the job's token needs permissions: pull-requests: write",
)];

/// One input.
pub struct Input {
    pub name: String,
    pub variable: String,
    /// The form of the value, e.g. `NAME`.
    pub form: String,
    pub description: String,
    pub required: bool,
    /// An expression for `default:`.
    pub default: Option<&'static str>,
    /// The expression for the value of an unset input.
    pub unset_value: Option<&'static str>,
}

impl Input {
    /// The expression for the variable: the input, or else the job's own variable.
    pub fn expression(&self) -> String {
        let name = &self.name;
        if self.default.is_some() {
            return format!("${{{{ inputs.{name} }}}}");
        }
        let variable = &self.variable;
        match self.unset_value {
            None => format!("${{{{ inputs.{name} || env.{variable} }}}}"),
            Some(other) => format!("${{{{ inputs.{name} || env.{variable} || {other} }}}}"),
        }
    }
}

/// The names of a program's subcommands.
pub fn subcommands(command: &Command) -> Vec<String> {
    command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .filter(|n| n != "help")
        .collect()
}

/// A program's inputs: its flags and those of its subcommands, in the order of `--help`.
pub fn of(verb: &str, command: &Command) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    let subs = command.get_subcommands().flat_map(|sub| {
        sub.get_arguments()
            .map(move |arg| (Some(sub.get_name().to_owned()), arg))
    });
    for (sub, arg) in command.get_arguments().map(|arg| (None, arg)).chain(subs) {
        let Some(name) = arg.get_long() else { continue };
        let asks = matches!(
            arg.get_action(),
            ArgAction::Help | ArgAction::HelpLong | ArgAction::HelpShort | ArgAction::Version
        );
        if !asks && !arg.is_hide_set() && !inputs.iter().any(|known| known.name == name) {
            inputs.push(input(verb, sub.as_deref(), name, arg));
        }
    }
    for (name, of, variable, default, means) in SECRETS {
        if of == verb {
            inputs.push(Input {
                name: name.to_owned(),
                variable: variable.to_owned(),
                form: "TOKEN".to_owned(),
                description: means.to_owned(),
                required: false,
                default: Some(default),
                unset_value: None,
            });
        }
    }
    inputs
}

fn input(verb: &str, sub: Option<&str>, name: &str, arg: &Arg) -> Input {
    let place = IN_ACTIONS
        .into_iter()
        .find(|(of, flag, ..)| (*of == "*" || *of == verb) && *flag == name);
    Input {
        name: name.to_owned(),
        variable: format!("FARGATE_{}", name.to_uppercase().replace('-', "_")),
        form: form(arg),
        description: description(sub, arg, place.map(|(.., means)| means)),
        required: arg.is_required_set() && sub.is_none() && place.is_none(),
        default: None,
        unset_value: place.map(|(_, _, expression, _)| expression),
    }
}

fn form(arg: &Arg) -> String {
    if is_switch(arg) {
        return "true | false".to_owned();
    }
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .map(|v| v.get_name().to_owned())
        .collect();
    if !values.is_empty() {
        return values.join(" | ");
    }
    let names = arg.get_value_names().unwrap_or_default();
    let form = names
        .iter()
        .map(|n| n.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    match arg.get_action() {
        ArgAction::Append if arg.get_value_delimiter().is_none() => format!("{form}, one per line"),
        _ => form,
    }
}

fn is_switch(arg: &Arg) -> bool {
    matches!(
        arg.get_action(),
        ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count
    )
}

fn description(sub: Option<&str>, arg: &Arg, place: Option<&str>) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let paragraphs = help.split("\n\n").map(|paragraph| {
        let text = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        text.trim_end_matches('.').to_owned()
    });
    let mut text = paragraphs.collect::<Vec<_>>().join(". ");
    let meanings: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter_map(|v| Some(format!("{}: {}", v.get_name(), v.get_help()?)))
        .collect();
    if !meanings.is_empty() {
        text = format!("{text} ({})", meanings.join("; "));
    }
    if let Some(sub) = sub {
        text = format!("{text} (of {sub})");
    }
    let default: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|v| v.to_string_lossy())
        .collect();
    match place {
        Some(place) => format!("{text} [default: {place}]"),
        None if !default.is_empty() && !is_switch(arg) => {
            format!("{text} [default: {}]", default.join(","))
        }
        None => text,
    }
}
