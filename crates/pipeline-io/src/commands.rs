//! The table of the commands that CI hosts read from a log, for all hosts: the only place that knows
//! what untrusted text must not contain.
//!
//! Decided here: what begins a command, and where a host looks for it. Never here: how text is changed
//! (`untrusted`), or how this project writes its own commands (`ci/`).

/// Where a host looks for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the start of a line, perhaps after blanks.
    LineStart,
    Anywhere,
}

/// What begins a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommandSyntax {
    pub start: &'static str,
    pub place: Place,
}

const fn at_start(start: &'static str) -> CommandSyntax {
    CommandSyntax {
        start,
        place: Place::LineStart,
    }
}

const fn anywhere(start: &'static str) -> CommandSyntax {
    CommandSyntax {
        start,
        place: Place::Anywhere,
    }
}

/// All commands. Hosts without an entry (Bitbucket, CircleCI, CodeBuild, Woodpecker) read none.
///
/// Sources: GitHub's runner (`ActionCommand`), the agent of Azure Pipelines (`CommandStringConvertor`),
/// Buildkite's page “Managing log output”, GitLab's page “Job logs”, TeamCity's page “Service messages”,
/// and the console notes of Jenkins (`ConsoleNote`).
pub(crate) const COMMANDS: [CommandSyntax; 13] = [
    // GitHub, Gitea, Forgejo
    at_start("::"),
    // GitHub, Azure Pipelines
    anywhere("##["),
    // Azure Pipelines
    anywhere("##vso["),
    // TeamCity
    anywhere("##teamcity["),
    // Buildkite
    at_start("---"),
    // Buildkite
    at_start("+++"),
    // Buildkite
    at_start("~~~"),
    // Buildkite
    at_start("^^^"),
    // An escape character begins the markers of GitLab and Jenkins, Buildkite's images and links, and
    // the sequences of terminals. The C1 form of CSI and OSC needs no escape character.
    // GitLab, Jenkins, Buildkite, terminals
    anywhere("\u{1b}"),
    // terminals
    anywhere("\u{9b}"),
    // terminals
    anywhere("\u{9d}"),
    // Ends GitLab's markers, and overwrites the line before it.
    // GitLab, terminals
    anywhere("\r"),
    // terminals
    anywhere("\u{8}"),
];

/// Whether a host would read the start of this line as a command.
pub(crate) fn starts_command(line: &str) -> bool {
    let line = line.trim_start();
    let mut at_start = COMMANDS
        .iter()
        .filter(|syntax| syntax.place == Place::LineStart);
    at_start.any(|syntax| line.starts_with(syntax.start))
}

/// The command that a host would find in this line, for tests.
#[cfg(test)]
pub(crate) fn command_in(line: &str) -> Option<&'static CommandSyntax> {
    let lower = line.to_lowercase();
    COMMANDS.iter().find(|syntax| match syntax.place {
        Place::LineStart => line.trim_start().starts_with(syntax.start),
        Place::Anywhere => lower.contains(syntax.start),
    })
}
