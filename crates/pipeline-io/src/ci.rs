//! Which CI system runs the step, and the commands it reads from a log.

use crate::Place;

/// Who runs the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ci {
    GitHub,
    GitLab,
    Jenkins,
    /// Some other CI system (`CI` is set).
    Other,
    /// A person's terminal, or a script.
    None,
}

impl Ci {
    /// Told by the variables that each system sets.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| env(name).is_some_and(|v| !v.is_empty());
        if env("GITHUB_ACTIONS").as_deref() == Some("true") {
            Self::GitHub
        } else if is_set("GITLAB_CI") {
            Self::GitLab
        } else if is_set("JENKINS_URL") {
            Self::Jenkins
        } else if is_set("CI") {
            Self::Other
        } else {
            Self::None
        }
    }
}

/// How loud an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
    Notice,
}

impl Severity {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }

    /// The word and its colon as a line begins with it, in colour on a terminal.
    pub(crate) fn painted(self, paint: bool) -> String {
        let word = self.word();
        match (paint, self) {
            (true, Self::Error) => format!("\u{1b}[1;31m{word}:\u{1b}[0m"),
            (true, Self::Warning) => format!("\u{1b}[1;33m{word}:\u{1b}[0m"),
            _ => format!("{word}:"),
        }
    }
}

/// GitHub's annotation command, on one line.
pub(crate) fn annotation(
    severity: Severity,
    title: &str,
    place: Option<&Place>,
    message: &str,
) -> String {
    let mut command = format!("::{} title={}", severity.word(), escape_property(title));
    if let Some(place) = place {
        command.push_str(&format!(
            ",file={},line={},col={}",
            escape_property(&place.file),
            place.line,
            place.column
        ));
    }
    command.push_str("::");
    command.push_str(&escape_data(message));
    command
}

/// GitHub's mask command for one line.
pub(crate) fn mask(line: &str) -> String {
    format!("::add-mask::{}", escape_data(line))
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{Ci, Severity, annotation};
    use crate::Place;

    #[test]
    fn the_system_is_told_by_its_variables() {
        for (name, value, ci) in [
            ("GITHUB_ACTIONS", "true", Ci::GitHub),
            ("GITLAB_CI", "true", Ci::GitLab),
            ("JENKINS_URL", "http://j", Ci::Jenkins),
            ("CI", "1", Ci::Other),
            ("CI", "", Ci::None),
            ("HOME", "/", Ci::None),
        ] {
            assert_eq!(
                Ci::detect(|n| (n == name).then(|| value.to_owned())),
                ci,
                "{name}"
            );
        }
    }

    #[test]
    fn an_annotation_cannot_be_broken_out_of() {
        let place = Place {
            file: "a,b:c.json".into(),
            line: 3,
            column: 7,
        };
        assert_eq!(
            annotation(Severity::Error, "x", Some(&place), "50%\n::warning::y"),
            "::error title=x,file=a%2Cb%3Ac.json,line=3,col=7::50%25%0A::warning::y"
        );
    }
}
