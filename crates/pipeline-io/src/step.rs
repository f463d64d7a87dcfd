//! A step while it runs: what it says, and what it leaves to later steps.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

use crate::ci::{Ci, Severity, annotation, mask};
use crate::progress::Progress;
use crate::{FileError, Place, Secret, fence_for_ci, plain_line, write_atomically};

/// One run of one verb. Everything that is not the result goes through here, to stderr.
#[derive(Debug)]
pub struct Step {
    verb: &'static str,
    ci: Ci,
    progress: Progress,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    data: Value,
    outputs: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    summary: String,
    masks: Vec<String>,
}

impl Step {
    /// A step by itself. A program gets its step of [`crate::run`]; this is for tests that go
    /// without.
    pub fn new(verb: &'static str, ci: Ci, is_terminal: bool) -> Self {
        let progress = Progress::new(is_terminal && ci == Ci::None);
        Self {
            verb,
            ci,
            progress,
            kept: Mutex::default(),
        }
    }

    /// The CI system.
    pub fn ci(&self) -> Ci {
        self.ci
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
        self.kept().outputs.push((name.into(), value.into()));
    }

    /// An environment variable for the later steps of the CI job.
    pub fn environment(&self, name: impl Into<String>, value: impl Into<String>) {
        self.kept().environment.push((name.into(), value.into()));
    }

    /// Markdown for the job's summary. The caller fences foreign text in it.
    pub fn summary(&self, markdown: &str) {
        self.kept().summary.push_str(markdown);
    }

    /// A line of progress. It is made harmless, since it may name foreign things.
    pub fn note(&self, line: impl AsRef<str>) {
        self.write(&command_free(line.as_ref()));
    }

    /// A line of our own making whose escapes colour it: as it is on a terminal, plain elsewhere.
    /// The caller makes foreign parts of it harmless ([`plain_line`]).
    pub fn show(&self, line: &str) {
        if self.progress.is_terminal() {
            self.write(line);
        } else {
            self.note(line);
        }
    }

    /// Text that a container, AWS or a registry wrote: each line fenced by `lead`, as `"| "`.
    pub fn foreign(&self, lead: &str, text: &str) {
        for line in fence_for_ci(lead, text).lines() {
            self.write(line);
        }
    }

    /// A warning: one line, and one annotation where the CI system has them.
    pub fn warn(&self, message: impl AsRef<str>) {
        self.annotate(Severity::Warning, None, message.as_ref());
    }

    /// One annotation, on a file's line where there is one.
    pub fn annotate(&self, severity: Severity, place: Option<&Place>, message: &str) {
        let paint = self.progress.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let word = severity.painted(paint);
        let line = match place {
            Some(place) => format!("{word} {place}: {}", plain_line(message)),
            None => format!("{word} {}", plain_line(message)),
        };
        match self.ci {
            // The runner shows the annotation's own text in the log: one line, not two.
            Ci::GitHub => self.write(&annotation(
                severity,
                self.verb,
                place,
                &plain_line(message),
            )),
            _ => self.write(&line),
        }
    }

    /// Lines that belong together: a foldable group in a CI log, until it is dropped.
    pub fn group(&self, title: &str) -> Group<'_> {
        match self.ci {
            Ci::GitHub => self.write(&format!("::group::{}", plain_line(title))),
            _ => self.write(&command_free(title)),
        }
        Group(self)
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
                if self.ci == Ci::GitHub {
                    self.write(&mask(line));
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

    /// Writes outputs and summary to the files that GitHub's runner names.
    pub(crate) fn leave_to_ci(
        &self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<(), FileError> {
        let kept = self.kept();
        if self.ci != Ci::GitHub {
            return Ok(());
        }
        let named = |name: &str| env(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        for (variable, pairs) in [
            ("GITHUB_OUTPUT", &kept.outputs),
            ("GITHUB_ENV", &kept.environment),
        ] {
            if let (Some(path), false) = (named(variable), pairs.is_empty()) {
                let text: String = pairs.iter().map(|(n, v)| heredoc(n, v)).collect();
                append(&path, &text)?;
            }
        }
        if let (Some(path), false) = (named("GITHUB_STEP_SUMMARY"), kept.summary.is_empty()) {
            append(&path, &kept.summary)?;
        }
        Ok(())
    }

    pub(crate) fn say(&self, text: &str) {
        for line in text.lines() {
            self.write(line);
        }
    }

    fn write(&self, line: &str) {
        let drawn = self.progress.is_terminal() && self.progress.print_above(line).is_ok();
        if !drawn {
            // With stderr gone there is nobody left to tell.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A group of lines in the log, ended when dropped.
#[derive(Debug)]
pub struct Group<'s>(&'s Step);

impl Drop for Group<'_> {
    fn drop(&mut self) {
        if self.0.ci == Ci::GitHub {
            self.0.write("::endgroup::");
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

/// GitHub's form for a value of any content: a heredoc whose end nobody can guess.
fn heredoc(name: &str, value: &str) -> String {
    let mut random = [0u8; 16];
    let mut end = String::from("end-of-value");
    while end == "end-of-value" || value.contains(&end) {
        if getrandom::fill(&mut random).is_err() {
            random.iter_mut().for_each(|b| *b = b.wrapping_add(1));
        }
        end = random
            .iter()
            .fold(String::from("end-"), |s, b| format!("{s}{b:02x}"));
    }
    format!("{name}<<{end}\n{value}\n{end}\n")
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
    use super::{Step, command_free, heredoc};
    use crate::{Ci, Secret};

    #[test]
    fn an_output_cannot_end_its_own_heredoc() {
        let hostile = "x\nend-of-value\nother=1";
        let written = heredoc("name", hostile);
        let end = written
            .lines()
            .next()
            .and_then(|l| l.strip_prefix("name<<"))
            .expect("a heredoc");
        assert_eq!(end.len(), "end-".len() + 32);
        assert_eq!(written, format!("name<<{end}\n{hostile}\n{end}\n"));
        assert_ne!(heredoc("name", hostile), written, "each time another end");
    }

    #[test]
    fn outputs_and_summary_go_where_the_runner_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let step = Step::new("verb", Ci::GitHub, false);
        step.output("image", "repo@sha256:1");
        step.summary("# done\n");
        step.leave_to_ci(|name| Some(path(name).display().to_string()))
            .expect("written");
        let outputs = std::fs::read_to_string(path("GITHUB_OUTPUT")).expect("read");
        assert!(outputs.contains("\nrepo@sha256:1\n"), "{outputs}");
        let summary = std::fs::read_to_string(path("GITHUB_STEP_SUMMARY")).expect("read");
        assert_eq!(summary, "# done\n");
    }

    #[test]
    fn a_mask_is_every_line_and_the_escaped_form_with_its_own_quotes() {
        let step = Step::new("verb", Ci::GitLab, false);
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
    fn a_note_is_no_command() {
        assert_eq!(command_free("  ::add-mask::x"), "|   ::add-mask::x");
        assert_eq!(command_free("a :: b"), "a :: b");
    }
}
