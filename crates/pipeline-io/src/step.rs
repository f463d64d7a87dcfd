//! A step while it runs: what it prints, and what it hands over to later steps.
//!
//! Decided here: which text is made harmless, and when files of the CI host are written. Never here:
//! the syntax of a CI host.

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

use crate::ci::{Annotation, Ci, Handover, LogGroup};
use crate::commands::starts_command;
use crate::mask::masks;
use crate::progress::Progress;
use crate::untrusted::command_free_json;
use crate::{
    FileError, Secret, Severity, SourceLocation, StdoutError, fence_for_ci, plain_line,
    write_atomically, write_stdout,
};

/// One run of one verb. It prints everything except the result, to stderr.
#[derive(Debug)]
pub struct Step {
    verb: &'static str,
    ci: Ci,
    progress: Progress,
    verbosity: u8,
    state: Mutex<StepState>,
}

/// What a step has collected so far.
#[derive(Debug, Default)]
struct StepState {
    data: Value,
    handover: Handover,
    masks: Vec<String>,
    groups: u32,
    stdout_error: Option<StdoutError>,
}

impl Step {
    /// A step on its own, for tests. A program receives its step from [`crate::run`].
    pub fn new(verb: &'static str, ci: Ci, is_terminal: bool) -> Self {
        let progress = Progress::new(is_terminal && !ci.host().is_ci());
        Self {
            verb,
            ci,
            progress,
            verbosity: 0,
            state: Mutex::default(),
        }
    }

    /// The CI host, and what is known about the job.
    pub fn ci(&self) -> &Ci {
        &self.ci
    }

    /// The same step with another [`Step::verbosity`].
    pub fn with_verbosity(self, verbosity: u8) -> Self {
        Self { verbosity, ..self }
    }

    /// How much to show: 0 by default, 1 for each request (`-v`), 2 for the details of each request
    /// (`-vv`, or a re-run with debug logging on GitHub).
    pub fn verbosity(&self) -> u8 {
        self.verbosity
    }

    /// Prints debug lines. Each is made harmless, because servers wrote parts of it.
    pub fn debug_lines(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let progress = self.progress.clone();
        move |line| progress.write(&format!("debug: {}", plain_line(line)))
    }

    /// Bars and live blocks.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Sets the verb's own data in the result file. Set it as early as possible: it is written even if
    /// the step fails.
    pub fn data(&self, data: &impl Serialize) {
        // Our structs have only string keys, so they can always be serialized.
        self.state().data = serde_json::to_value(data).unwrap_or(Value::Null);
    }

    /// Sets an output that later steps of the CI job can read.
    pub fn output(&self, name: impl Into<String>, value: impl Into<String>) {
        let pair = (name.into(), value.into());
        self.state().handover.outputs.push(pair);
    }

    /// Sets an environment variable for later steps of the CI job.
    pub fn environment(&self, name: impl Into<String>, value: impl Into<String>) {
        let pair = (name.into(), value.into());
        self.state().handover.environment.push(pair);
    }

    /// Appends Markdown to the job summary. The caller makes untrusted text in it harmless.
    pub fn summary(&self, markdown: &str) {
        self.state().handover.summary.push_str(markdown);
    }

    /// Prints a line of progress. It is made harmless, because it may contain untrusted text.
    pub fn info(&self, line: impl AsRef<str>) {
        self.write(&command_free(line.as_ref()));
    }

    /// Prints a line with colors on a terminal, and without them elsewhere. The caller makes
    /// untrusted parts of it harmless ([`plain_line`]).
    pub fn show(&self, line: &str) {
        if self.progress.is_terminal() {
            self.write(line);
        } else {
            self.info(line);
        }
    }

    /// Prints text that a container, AWS or a registry wrote. Each line begins with `lead`, e.g.
    /// `"| "`.
    pub fn untrusted(&self, lead: &str, text: &str) {
        for line in fence_for_ci(lead, text).lines() {
            self.write(line);
        }
    }

    /// Prints a warning: as an annotation if the CI host has them, or else as a line.
    pub fn warn(&self, message: impl AsRef<str>) {
        self.annotate(Severity::Warning, None, message.as_ref());
    }

    /// Prints an annotation, at a location in a file if there is one.
    pub fn annotate(&self, severity: Severity, location: Option<&SourceLocation>, message: &str) {
        let paint = self.progress.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let start = severity.painted(paint);
        let line = match location {
            Some(location) => format!("{start} {location}: {}", plain_line(message)),
            None => format!("{start} {}", plain_line(message)),
        };
        // A CI host shows the annotation in the log, too, so there is no second line.
        if !self.mark(severity, location, &plain_line(message)) {
            self.write(&line);
        }
    }

    /// Prints only the annotation. Returns false if the CI host has none.
    pub(crate) fn mark(
        &self,
        severity: Severity,
        location: Option<&SourceLocation>,
        message: &str,
    ) -> bool {
        let command = self.ci.host().annotation(&Annotation {
            severity,
            title: self.verb,
            location,
            message,
        });
        if let Some(command) = &command {
            self.write(command);
        }
        command.is_some()
    }

    /// Begins a collapsible group of lines in a CI log. The group ends when it is dropped.
    pub fn group(&self, title: &str) -> Group<'_> {
        let count = {
            let mut state = self.state();
            state.groups += 1;
            state.groups
        };
        let at = jiff::Timestamp::now().as_second();
        let group = LogGroup {
            // The time makes the name unique if the same verb runs twice in a job.
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

    /// Makes the CI host hide a secret in its log: each of its lines, and their JSON-escaped forms.
    /// Call it before the secret is printed anywhere. A short or structural line is not masked,
    /// because that would hide parts of ordinary text.
    pub fn mask(&self, secret: &Secret) {
        let mut state = self.state();
        for mask in masks(secret.reveal()) {
            if !state.masks.contains(&mask) {
                if let Some(command) = self.ci.host().mask(&mask) {
                    self.write(&command);
                }
                state.masks.push(mask);
            }
        }
    }

    /// Prints one document of a stream as a line of stdout, for a verb whose `--format json` is a
    /// stream. The result document is the last line of the stream. An error is reported at the end of
    /// the step, because a wait must not end early.
    pub fn stream(&self, document: &impl Serialize) {
        if let Ok(line) = serde_json::to_string(document) {
            let written = write_stdout(&command_free_json(&line));
            let error = &mut self.state().stdout_error;
            *error = error.take().or(written.err());
        }
    }

    pub(crate) fn take_stdout_error(&self) -> Result<(), StdoutError> {
        self.state().stdout_error.take().map_or(Ok(()), Err)
    }

    pub(crate) fn take_data(&self) -> Value {
        self.state().data.clone()
    }

    /// Appends the outputs and the summary to the files of the CI host.
    pub(crate) fn write_ci_files(
        &self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<(), FileError> {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let files = self.ci.host().handover(&self.state().handover, &env);
        files.iter().try_for_each(|(path, text)| append(path, text))
    }

    pub(crate) fn print(&self, text: &str) {
        for line in text.lines() {
            self.write(line);
        }
    }

    fn write(&self, line: &str) {
        self.progress.write(line);
    }

    fn state(&self) -> MutexGuard<'_, StepState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A group of lines in the log. It ends when it is dropped.
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

/// A line that the CI host does not read as a command, whoever wrote it.
fn command_free(line: &str) -> String {
    let plain = plain_line(line);
    if starts_command(&plain) {
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
    fn outputs_and_summary_are_written_to_the_files_of_the_runner() {
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
    fn a_secret_is_masked_once() {
        let step = in_ci("GITLAB_CI");
        for _ in 0..2 {
            step.mask(&Secret::new("hunter2"));
        }
        assert_eq!(step.state().masks, ["hunter2"]);
    }

    #[test]
    fn the_groups_of_a_step_have_different_names() {
        let step = in_ci("GITLAB_CI");
        let (first, second) = (step.group("one"), step.group("two"));
        assert_ne!(first.group.name, second.group.name);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        assert!(first.group.name.chars().all(is_plain), "{first:?}");
    }

    #[test]
    fn a_step_is_quiet_by_default() {
        let step = Step::new("verb", Ci::none(), false);
        assert_eq!(step.verbosity(), 0);
        assert_eq!(step.with_verbosity(2).verbosity(), 2);
    }

    #[test]
    fn a_line_is_not_a_command() {
        assert_eq!(command_free("  ::add-mask::x"), "|   ::add-mask::x");
        assert_eq!(command_free("a :: b"), "a :: b");
    }
}
