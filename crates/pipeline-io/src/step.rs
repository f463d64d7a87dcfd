//! A step while it runs: what it says, and what it leaves to later steps.

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

use crate::ci::{Annotation, Ci, Handover, LogGroup};
use crate::progress::Progress;
use crate::{
    FileError, Secret, Severity, SourceLocation, fence_for_ci, plain_line, write_atomically,
};

/// One run of one verb. Everything that is not the result goes through here, to stderr.
#[derive(Debug)]
pub struct Step {
    verb: &'static str,
    ci: Ci,
    progress: Progress,
    verbosity: u8,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    data: Value,
    handover: Handover,
    masks: Vec<String>,
    groups: u32,
}

impl Step {
    /// A step by itself. A program gets its step of [`crate::run`]; this is for tests that go
    /// without.
    pub fn new(verb: &'static str, ci: Ci, is_terminal: bool) -> Self {
        let progress = Progress::new(is_terminal && !ci.host().is_ci());
        Self {
            verb,
            ci,
            progress,
            verbosity: 0,
            kept: Mutex::default(),
        }
    }

    /// The CI host, and what is known about the job.
    pub fn ci(&self) -> &Ci {
        &self.ci
    }

    /// The same step, showing more: see [`Step::verbosity`].
    pub fn with_verbosity(self, verbosity: u8) -> Self {
        Self { verbosity, ..self }
    }

    /// How much a person wants to see of what goes on inside: 0 for the usual, 1 for each request
    /// (`-v`), 2 for its details too (`-vv`, or a re-run with debug logging on GitHub).
    pub fn verbosity(&self) -> u8 {
        self.verbosity
    }

    /// Where lines about what goes on inside are written. Each is made harmless, since servers
    /// wrote parts of it.
    pub fn debug_lines(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let progress = self.progress.clone();
        move |line| progress.write(&format!("debug: {}", plain_line(line)))
    }

    /// Bars and live blocks.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The verb's part of the result file. Set it as soon as something is known: it is written
    /// beside an error too.
    pub fn data(&self, data: &impl Serialize) {
        // Our own structs with string keys always serialise.
        self.kept().data = serde_json::to_value(data).unwrap_or(Value::Null);
    }

    /// An output that later steps of the CI job can read.
    pub fn output(&self, name: impl Into<String>, value: impl Into<String>) {
        let pair = (name.into(), value.into());
        self.kept().handover.outputs.push(pair);
    }

    /// An environment variable for the later steps of the CI job.
    pub fn environment(&self, name: impl Into<String>, value: impl Into<String>) {
        let pair = (name.into(), value.into());
        self.kept().handover.environment.push(pair);
    }

    /// Markdown for the job's summary. The caller fences foreign text in it.
    pub fn summary(&self, markdown: &str) {
        self.kept().handover.summary.push_str(markdown);
    }

    /// A line of progress. It is made harmless, since it may name foreign things.
    pub fn info(&self, line: impl AsRef<str>) {
        self.write(&command_free(line.as_ref()));
    }

    /// A line of our own making whose escapes colour it: as it is on a terminal, plain elsewhere.
    /// The caller makes foreign parts of it harmless ([`plain_line`]).
    pub fn show(&self, line: &str) {
        if self.progress.is_terminal() {
            self.write(line);
        } else {
            self.info(line);
        }
    }

    /// Text that a container, AWS or a registry wrote: each line fenced by `lead`, as `"| "`.
    pub fn untrusted(&self, lead: &str, text: &str) {
        for line in fence_for_ci(lead, text).lines() {
            self.write(line);
        }
    }

    /// A warning: one line, and one annotation where the CI system has them.
    pub fn warn(&self, message: impl AsRef<str>) {
        self.annotate(Severity::Warning, None, message.as_ref());
    }

    /// One annotation, on a file's line where there is one.
    pub fn annotate(&self, severity: Severity, place: Option<&SourceLocation>, message: &str) {
        let paint = self.progress.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let word = severity.painted(paint);
        let line = match place {
            Some(place) => format!("{word} {place}: {}", plain_line(message)),
            None => format!("{word} {}", plain_line(message)),
        };
        // A runner shows the annotation's own text in the log: one line, not two.
        if !self.mark(severity, place, &plain_line(message)) {
            self.write(&line);
        }
    }

    /// The annotation alone, if the host has annotations: false if it has none.
    pub(crate) fn mark(
        &self,
        severity: Severity,
        place: Option<&SourceLocation>,
        message: &str,
    ) -> bool {
        let command = self.ci.host().annotation(&Annotation {
            severity,
            title: self.verb,
            place,
            message,
        });
        if let Some(command) = &command {
            self.write(command);
        }
        command.is_some()
    }

    /// Lines that belong together: a foldable group in a CI log, until it is dropped.
    pub fn group(&self, title: &str) -> Group<'_> {
        let count = {
            let mut kept = self.kept();
            kept.groups += 1;
            kept.groups
        };
        let at = jiff::Timestamp::now().as_second();
        let group = LogGroup {
            // The time tells apart two runs of the same verb in one job.
            name: format!("{}_{at}_{count}", self.verb),
            title: plain_line(title),
            at,
        };
        match self.ci.host().group_start(&group) {
            Some(line) => self.write(&line),
            None => self.write(&command_free(title)),
        }
        Group { step: self, group }
    }

    /// Has the CI system hide a secret in its log: each line of it and its JSON-escaped form.
    /// Call it before the secret is written anywhere.
    pub fn mask(&self, secret: &Secret) {
        let text = secret.reveal();
        let quoted = Value::from(text).to_string();
        // The quotes around it and no other: the secret may end with one of its own.
        let escaped = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        let mut kept = self.kept();
        for line in text
            .lines()
            .chain([text, escaped])
            .filter(|l| !l.trim().is_empty())
        {
            if !kept.masks.iter().any(|known| known == line) {
                kept.masks.push(line.to_owned());
                if let Some(command) = self.ci.host().mask(line) {
                    self.write(&command);
                }
            }
        }
    }

    /// One document of a stream of them, on a line of stdout. For a verb whose `--format json` is
    /// a stream; the result document is its last line.
    pub fn stream(&self, document: &impl Serialize) {
        if let Ok(line) = serde_json::to_string(document) {
            // A reader that has read enough closes the pipe: no failure of ours.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }

    pub(crate) fn take_data(&self) -> Value {
        self.kept().data.clone()
    }

    /// Appends outputs and summary to the files that the CI host names.
    pub(crate) fn write_ci_files(
        &self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<(), FileError> {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let appended = self.ci.host().handover(&self.kept().handover, &env);
        appended
            .iter()
            .try_for_each(|(path, text)| append(path, text))
    }

    pub(crate) fn print(&self, text: &str) {
        for line in text.lines() {
            self.write(line);
        }
    }

    fn write(&self, line: &str) {
        self.progress.write(line);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A group of lines in the log, ended when dropped.
#[derive(Debug)]
pub struct Group<'s> {
    step: &'s Step,
    group: LogGroup,
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        self.group.at = jiff::Timestamp::now().as_second();
        if let Some(line) = self.step.ci.host().group_end(&self.group) {
            self.step.write(&line);
        }
    }
}

/// A line that the runner does not take for a command, whoever wrote it.
fn command_free(line: &str) -> String {
    let plain = plain_line(line);
    if plain.trim_start().starts_with("::") {
        format!("| {plain}")
    } else {
        plain
    }
}

fn append(path: &Path, text: &str) -> Result<(), FileError> {
    let failed = |source| FileError::Write {
        path: path.to_owned(),
        source,
    };
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

pub(crate) fn write_result(folder: &Path, verb: &str, json: &str) -> Result<(), FileError> {
    write_atomically(&folder.join(format!("{verb}.json")), json.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Step, command_free};
    use crate::{Ci, Secret};

    fn in_ci(variable: &'static str) -> Step {
        let ci = Ci::detect(|name| (name == variable).then(|| "true".to_owned()));
        Step::new("verb", ci, false)
    }

    #[test]
    fn outputs_and_summary_go_where_the_runner_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let step = in_ci("GITHUB_ACTIONS");
        step.output("image", "repo@sha256:1");
        step.summary("# done\n");
        step.write_ci_files(|name| Some(path(name).display().to_string()))
            .expect("written");
        let outputs = std::fs::read_to_string(path("GITHUB_OUTPUT")).expect("read");
        assert!(outputs.contains("\nrepo@sha256:1\n"), "{outputs}");
        let summary = std::fs::read_to_string(path("GITHUB_STEP_SUMMARY")).expect("read");
        assert_eq!(summary, "# done\n");
    }

    #[test]
    fn a_mask_is_every_line_and_the_escaped_form_with_its_own_quotes() {
        let step = in_ci("GITLAB_CI");
        step.mask(&Secret::new("one\nsays \"two\""));
        let masks = step.kept().masks.clone();
        assert_eq!(
            masks,
            [
                "one",
                "says \"two\"",
                "one\nsays \"two\"",
                r#"one\nsays \"two\""#
            ]
        );
    }

    #[test]
    fn no_two_groups_of_a_step_have_one_name() {
        let step = in_ci("GITLAB_CI");
        let (first, second) = (step.group("one"), step.group("two"));
        assert_ne!(first.group.name, second.group.name);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        assert!(first.group.name.chars().all(is_plain), "{first:?}");
    }

    #[test]
    fn a_step_is_quiet_until_it_is_told_otherwise() {
        let step = Step::new("verb", Ci::none(), false);
        assert_eq!(step.verbosity(), 0);
        assert_eq!(step.with_verbosity(2).verbosity(), 2);
    }

    #[test]
    fn a_note_is_no_command() {
        assert_eq!(command_free("  ::add-mask::x"), "|   ::add-mask::x");
        assert_eq!(command_free("a :: b"), "a :: b");
    }
}
