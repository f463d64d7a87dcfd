//! The multi-call program that a release contains. A link to it with the name `ecr-push` behaves like
//! `ecr-push`. Under its own name, the first argument is the command.
//!
//! Decided here: which program a command line selects. Never here: what that program does.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use ecs_document::nearest;
use pipeline_io::{Exit, Failure, write_stdout};

mod completions;
mod config;
mod deploy;
mod verbs;

pub use completions::{script as completion_script, whole as command};
pub use config::schema::schema;
use verbs::NAME;
pub use verbs::{FRONT, VERBS, Verb};

/// What a command line requests.
#[derive(Debug, PartialEq, Eq)]
enum Request<'a> {
    /// Run a verb. The second part is the command line after its name.
    Run(&'static str, &'a [OsString]),
    /// Print the help of a verb.
    HelpOf(&'static str),
    Help,
    Version,
    /// Print the completion script of a shell, for a program.
    Completions(String, String),
    /// No command was given.
    Nothing,
    Unknown(&'a OsStr),
}

/// Decides what a command line requests. The first item of `argv` is the name of the program.
fn request(argv: &[OsString]) -> Request<'_> {
    let [program, rest @ ..] = argv else {
        return Request::Nothing;
    };
    let name = Path::new(program).file_stem().unwrap_or(program);
    if let Some(verb) = VERBS.iter().find(|verb| name == verb.name) {
        return Request::Run(verb.name, rest);
    }
    let [first, rest @ ..] = rest else {
        return Request::Nothing;
    };
    if let Some(verb) = find(first) {
        return Request::Run(verb.name, rest);
    }
    match (first.to_str(), rest.first()) {
        (Some("help"), Some(topic)) => match find(topic) {
            Some(verb) => Request::HelpOf(verb.name),
            None => Request::Unknown(topic),
        },
        (Some("--help" | "-h" | "help"), _) => Request::Help,
        (Some("--version" | "-V" | "version"), _) => Request::Version,
        (Some("completions"), shell) => {
            let text = |word: Option<&OsString>| word.map(|w| w.to_string_lossy().into_owned());
            let program = text(rest.get(1)).unwrap_or_else(|| NAME.to_owned());
            Request::Completions(text(shell).unwrap_or_default(), program)
        }
        _ => Request::Unknown(first),
    }
}

/// Runs the verb that the program's name or the first argument selects.
pub fn main(argv: Vec<OsString>) -> ExitCode {
    match request(&argv) {
        Request::Run(name, rest) => run(name, typed_name(&argv, name), rest),
        Request::HelpOf(name) => run(name, format!("{NAME} {name}"), &["--help".into()]),
        Request::Help => print(&help()),
        Request::Version => print(concat!(
            "fargate-pipeline ",
            env!("CARGO_PKG_VERSION"),
            "\n"
        )),
        Request::Completions(shell, program) => match completions::script(&shell, &program) {
            Ok(script) => print(&String::from_utf8_lossy(&script)),
            Err(message) => refuse(&format!(
                "error: {message}\nhint: e.g. {NAME} completions bash ecr-push\n"
            )),
        },
        Request::Nothing => refuse(&help()),
        Request::Unknown(command) => refuse(&unknown(command)),
    }
}

/// The program as the user typed it, for the usage line: `ecr-push` or `fargate-pipeline ecr-push`.
fn typed_name(argv: &[OsString], verb: &str) -> String {
    let program = argv.first().map(|name| Path::new(name).file_stem());
    match program.flatten() {
        Some(name) if name == verb => verb.to_owned(),
        _ => format!("{NAME} {verb}"),
    }
}

fn run(name: &str, typed_name: String, rest: &[OsString]) -> ExitCode {
    let argv = std::iter::once(OsString::from(typed_name)).chain(rest.iter().cloned());
    match find(OsStr::new(name)) {
        Some(verb) => (verb.main)(argv.collect()),
        None => ExitCode::from(2),
    }
}

fn find(name: &OsStr) -> Option<&'static Verb> {
    VERBS.iter().chain(&FRONT).find(|verb| name == verb.name)
}

fn help() -> String {
    let mut text = format!(
        "Deploys a container image to a proven healthy ECS Fargate service.\n\n\
         Usage: {NAME} <COMMAND> [OPTIONS]\n\n\
         Commands for a whole deployment:\n"
    );
    for Verb { name, summary, .. } in FRONT {
        text.push_str(&format!("  {name:15} {summary}\n"));
    }
    text.push_str("\nIts steps, in their order:\n");
    for Verb { name, summary, .. } in VERBS {
        text.push_str(&format!("  {name:15} {summary}\n"));
    }
    text.push_str(&format!(
        "\nOther commands:\n  help [COMMAND]  show this page, or the options of a command\n  \
         version         show the version\n  \
         completions SHELL [COMMAND]\n                  print a completion script, e.g. for bash or zsh\n\n\
         Run `{NAME} help <COMMAND>` for the options and examples of a command.\n"
    ));
    text
}

fn unknown(command: &OsStr) -> String {
    let command = command.to_string_lossy();
    // Control characters of the input must not reach the log.
    let shown: String = command
        .chars()
        .filter(|c| !c.is_control())
        .take(80)
        .collect();
    let known =
        VERBS
            .iter()
            .chain(&FRONT)
            .map(|verb| verb.name)
            .chain(["help", "version", "completions"]);
    let hint = match nearest(&command, known).first() {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("run `{NAME} help` for the list of commands"),
    };
    format!("error: unknown command `{shown}`\nhint: {hint}\n")
}

fn print(text: &str) -> ExitCode {
    match write_stdout(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            refuse(&format!("error: {error}\n"));
            error.exit().into()
        }
    }
}

fn refuse(text: &str) -> ExitCode {
    // Without stderr the error cannot be reported either.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
    Exit::Invalid.into()
}

#[cfg(test)]
mod tests {
    use std::ffi::{OsStr, OsString};

    use super::{Request, request, typed_name, unknown};

    fn argv(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_command_line_has_one_meaning() {
        for (words, expected) in [
            (
                &["/bin/ecr-push", "--tag"][..],
                "Run(\"ecr-push\", [\"--tag\"])",
            ),
            (
                &["fargate-pipeline", "ecr-push", "x"],
                "Run(\"ecr-push\", [\"x\"])",
            ),
            (
                &["fargate-pipeline", "help", "ecr-push"],
                "HelpOf(\"ecr-push\")",
            ),
            (&["fargate-pipeline", "help", "ecr"], "Unknown(\"ecr\")"),
            (&["fargate-pipeline", "help"], "Help"),
            (&["fargate-pipeline", "-h"], "Help"),
            (&["fargate-pipeline", "version"], "Version"),
            (&["fargate-pipeline"], "Nothing"),
            (&["fargate-pipeline", "push"], "Unknown(\"push\")"),
        ] {
            let argv = argv(words);
            assert_eq!(format!("{:?}", request(&argv)), expected, "{words:?}");
        }
        assert_eq!(request(&[]), Request::Nothing);
    }

    #[test]
    fn the_usage_shows_what_the_user_typed() {
        let link = argv(&["/opt/bin/ecr-push"]);
        assert_eq!(typed_name(&link, "ecr-push"), "ecr-push");
        let whole = argv(&["./fargate-pipeline", "ecr-push"]);
        assert_eq!(typed_name(&whole, "ecr-push"), "fargate-pipeline ecr-push");
    }

    #[test]
    fn an_unknown_command_gets_the_nearest_name() {
        let shown = unknown(OsStr::new("wait-healty"));
        assert_eq!(
            shown,
            "error: unknown command `wait-healty`\nhint: did you mean `wait-healthy`?\n"
        );
        let shown = unknown(OsStr::new("\u{1b}[31mzzz"));
        assert!(!shown.contains('\u{1b}'), "{shown}");
        assert!(shown.contains("fargate-pipeline help"), "{shown}");
    }
}
