//! Completion scripts for shells.
//!
//! Decided here: for which command lines a script is made. Never here: the options, which each program
//! describes itself, nor the form of a script, which `clap_complete` writes.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, ValueEnum};
use clap_complete::{Shell, generate};

use crate::verbs::{FRONT, NAME, VERBS, Verb};

/// The names of the shells.
pub(crate) fn shells() -> impl Iterator<Item = String> {
    Shell::value_variants().iter().map(Shell::to_string)
}

/// The script of a shell for a program: a verb by its own name, or this program with all its commands.
///
/// # Errors
/// If the shell or the program is not known: the name that is wrong, and what there is.
pub fn script(shell: &str, program: &str) -> Result<Vec<u8>, String> {
    let known = shell.parse::<Shell>().map_err(|_| {
        let shells: Vec<String> = shells().collect();
        format!(
            "unknown shell `{shell}`: expected one of {}",
            shells.join(", ")
        )
    })?;
    let mut command = match commands().find(|verb| verb.name == program) {
        Some(verb) => (verb.command)(),
        None if program == NAME => whole(),
        None => return Err(format!("unknown command `{program}`")),
    };
    let mut script = Vec::new();
    generate(known, &mut command, program, &mut script);
    Ok(script)
}

/// The commands in the order of the help.
fn commands() -> impl Iterator<Item = &'static Verb> {
    FRONT.iter().chain(&VERBS)
}

/// This program as one command line.
pub fn whole() -> Command {
    let verbs = || commands().map(|verb| verb.name);
    let topic = Arg::new("command").value_parser(PossibleValuesParser::new(verbs()));
    let other = |name: &'static str, about: &'static str| Command::new(name).about(about);
    let shell = Arg::new("shell").value_parser(PossibleValuesParser::new(shells()));
    Command::new(NAME)
        .about("Deploys a container image to a proven healthy ECS Fargate service")
        .disable_help_subcommand(true)
        .subcommands(commands().map(|verb| (verb.command)().name(verb.name)))
        .subcommand(other("help", "Show the options of a command").arg(topic.clone()))
        .subcommand(other("version", "Show the version"))
        .subcommand(
            other("completions", "Print a completion script")
                .arg(shell)
                .arg(topic),
        )
}

#[cfg(test)]
mod tests {
    use super::{script, shells};

    #[test]
    fn every_shell_gets_a_script_for_every_program() {
        for shell in shells() {
            for (program, option) in [("fargate-pipeline", "cluster"), ("ecr-push", "cache-from")] {
                let script = script(&shell, program).expect("known");
                let script = String::from_utf8(script).expect("text");
                assert!(script.contains(option), "{shell}: {script}");
                assert!(script.contains(program), "{shell}: {script}");
            }
        }
    }

    #[test]
    fn unknown_names_are_errors() {
        let shell = script("cmd", "ecr-push").expect_err("unknown");
        assert!(shell.contains("`cmd`: expected one of bash, "), "{shell}");
        let program = script("bash", "ecr-pull").expect_err("unknown");
        assert_eq!(program, "unknown command `ecr-pull`");
    }
}
