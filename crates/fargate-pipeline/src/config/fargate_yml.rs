//! Reads `fargate.yml`: the same names as the flags, for all environments and for each.
//!
//! Decided here: the form of the file, and that an environment wins over the one that it inherits from,
//! which wins over the top level. Never here: whether a value is valid, which its program decides.

use clap::{Arg, ArgAction, Command};
use ecs_document::{Document, Syntax, nearest};
use pipeline_io::{Exit, Failure, SourceLocation};
use serde_json::Value;

use crate::config::settings::{Origin, Settings};

/// The name of the file.
pub(crate) const FILE: &str = "fargate.yml";

/// The member with the environments.
const ENVIRONMENTS: &str = "environments";

/// The member that names another environment.
const INHERITS: &str = "inherits";

/// A mistake in the file, or an environment that it does not have.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct FileMistake {
    message: String,
    location: Option<SourceLocation>,
    hint: Option<String>,
    exit: Exit,
}

impl Failure for FileMistake {
    fn exit(&self) -> Exit {
        self.exit
    }

    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    fn location(&self) -> Option<SourceLocation> {
        self.location.clone()
    }
}

/// The error for an environment without a file.
pub(crate) fn no_file(environment: &str) -> FileMistake {
    FileMistake {
        message: format!("environment {environment:?} is not defined: there is no {FILE} here"),
        location: None,
        hint: Some(format!(
            "create {FILE} with the member environments, or leave out {environment:?}"
        )),
        exit: Exit::NotFound,
    }
}

/// Adds the values of the file for an environment. Every part of the file is checked, also those of other
/// environments.
///
/// # Errors
/// The first mistake with its location, or an unknown environment.
pub(crate) fn apply(
    text: &str,
    environment: Option<&str>,
    command: &Command,
    settings: &mut Settings,
) -> Result<(), FileMistake> {
    // A file without members has no settings.
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return environment.map_or(Ok(()), |name| Err(unknown_environment(name, &[])));
    }
    let document = Document::parse(text, FILE, Syntax::Yaml).map_err(|error| FileMistake {
        location: Some(location(error.location)),
        message: error.message,
        hint: None,
        exit: Exit::Invalid,
    })?;
    let file = File {
        document: &document,
        command,
    };
    file.check()?;
    for section in file.chain(environment)? {
        file.fill(&section, settings)?;
    }
    Ok(())
}

/// Whether a flag can be set in the file. The directory cannot, because the file is read from it.
pub(crate) fn is_member(arg: &Arg) -> bool {
    !matches!(arg.get_long(), None | Some("working-directory"))
}

struct File<'a> {
    document: &'a Document,
    command: &'a Command,
}

impl File<'_> {
    /// Checks every member of the file.
    fn check(&self) -> Result<(), FileMistake> {
        let mut ignored = Settings::default();
        self.fill("", &mut ignored)?;
        match self.document.value().get(ENVIRONMENTS) {
            None => return Ok(()),
            Some(Value::Object(_)) => {}
            Some(other) => {
                let at = format!("/{ENVIRONMENTS}");
                return Err(self.wrong_kind(
                    &at,
                    ENVIRONMENTS,
                    "a mapping from a name to members",
                    other,
                ));
            }
        }
        for name in self.environments() {
            let mut ignored = Settings::default();
            self.fill(&pointer(name), &mut ignored)?;
            self.chain(Some(name))?;
        }
        Ok(())
    }

    fn environments(&self) -> Vec<&str> {
        let members = self.document.value().get(ENVIRONMENTS);
        let members = members.and_then(Value::as_object).into_iter().flatten();
        members.map(|(name, _)| name.as_str()).collect()
    }

    /// The pointers of the sections that apply, the most specific first.
    fn chain(&self, environment: Option<&str>) -> Result<Vec<String>, FileMistake> {
        let mut sections = Vec::new();
        let mut next = environment.map(str::to_owned);
        let mut named_at = None;
        while let Some(name) = next {
            let section = pointer(&name);
            if sections.contains(&section) {
                let message = format!("environment {name:?} inherits from itself");
                return Err(self.mistake(named_at.as_deref().unwrap_or(&section), message, None));
            }
            if self.document.get(&section).is_none() {
                let mistake = unknown_environment(&name, &self.environments());
                return Err(FileMistake {
                    location: named_at.and_then(|at: String| self.location(&at)),
                    ..mistake
                });
            }
            let at = format!("{section}/{INHERITS}");
            next = match self.document.get(&at) {
                None => None,
                Some(Value::String(name)) => Some(name.clone()),
                Some(other) => {
                    return Err(self.wrong_kind(
                        &at,
                        INHERITS,
                        "the name of an environment",
                        other,
                    ));
                }
            };
            named_at = Some(at);
            sections.push(section);
        }
        sections.push(String::new());
        Ok(sections)
    }

    fn fill(&self, section: &str, settings: &mut Settings) -> Result<(), FileMistake> {
        let members = match self.document.get(section) {
            Some(Value::Object(members)) => members,
            Some(Value::Null) | None => return Ok(()),
            Some(other) => {
                return Err(self.wrong_kind(
                    section,
                    "an environment",
                    "a mapping of members",
                    other,
                ));
            }
        };
        for (name, value) in members {
            let is_ours = match section {
                "" => name == ENVIRONMENTS,
                _ => name == INHERITS,
            };
            if is_ours {
                continue;
            }
            let at = format!("{section}/{}", escaped(name));
            let mut arguments = self.command.get_arguments();
            let Some(arg) = arguments.find(|arg| is_member(arg) && arg.get_long() == Some(name))
            else {
                return Err(self.unknown_member(&at, name, section));
            };
            let values = self.values(&at, name, arg.get_action(), value)?;
            let line = self.document.name_location(&at).map_or(0, |at| at.line);
            let file = FILE.to_owned();
            settings.fill(name, values, Origin::File { file, line });
        }
        Ok(())
    }

    fn values(
        &self,
        at: &str,
        name: &str,
        action: &ArgAction,
        value: &Value,
    ) -> Result<Vec<String>, FileMistake> {
        match (action, value) {
            (ArgAction::SetTrue, Value::Bool(is_on)) => Ok(vec![is_on.to_string()]),
            (ArgAction::SetTrue, other) => Err(self.wrong_kind(at, name, "true or false", other)),
            (ArgAction::Append, Value::Array(items)) => {
                let items = items.iter().enumerate();
                let texts = items.map(|(index, item)| {
                    let at = format!("{at}/{index}");
                    scalar(item).ok_or_else(|| self.wrong_kind(&at, name, "a list of text", item))
                });
                texts.collect()
            }
            (ArgAction::Append, Value::Object(members)) => {
                let pairs = members.iter().map(|(key, item)| {
                    let at = format!("{at}/{}", escaped(key));
                    let text = scalar(item);
                    text.map(|text| format!("{key}={text}"))
                        .ok_or_else(|| self.wrong_kind(&at, name, "a mapping NAME: VALUE", item))
                });
                pairs.collect()
            }
            (ArgAction::Append, other) => scalar(other)
                .map(|text| vec![text])
                .ok_or_else(|| self.wrong_kind(at, name, "text, a list or a mapping", other)),
            (_, other) => scalar(other)
                .map(|text| vec![text])
                .ok_or_else(|| self.wrong_kind(at, name, "one value", other)),
        }
    }

    fn unknown_member(&self, at: &str, name: &str, section: &str) -> FileMistake {
        let own = if section.is_empty() {
            ENVIRONMENTS
        } else {
            INHERITS
        };
        let arguments = self.command.get_arguments().filter(|arg| is_member(arg));
        let flags = arguments.filter_map(|arg| arg.get_long());
        let hint = match nearest(name, flags.chain([own])).first() {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => {
                "members are the flags of `fargate-pipeline deploy --help` without --".to_owned()
            }
        };
        let message = format!("unknown member {name:?}");
        FileMistake {
            location: self.document.name_location(at).map(location),
            ..self.mistake(at, message, Some(hint))
        }
    }

    fn wrong_kind(&self, at: &str, name: &str, expected: &str, value: &Value) -> FileMistake {
        let found = match value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a mapping",
        };
        self.mistake(at, format!("{name} is {found}: expected {expected}"), None)
    }

    fn mistake(&self, at: &str, message: String, hint: Option<String>) -> FileMistake {
        FileMistake {
            message,
            location: self.location(at),
            hint,
            exit: Exit::Invalid,
        }
    }

    fn location(&self, at: &str) -> Option<SourceLocation> {
        self.document.location(at).map(location)
    }
}

fn unknown_environment(name: &str, known: &[&str]) -> FileMistake {
    let hint = match (nearest(name, known.iter().copied()).first(), known) {
        (Some(nearest), _) => format!("did you mean {nearest}?"),
        (None, []) => format!("{FILE} defines no environments"),
        (None, known) => format!("{FILE} defines {}", known.join(", ")),
    };
    FileMistake {
        message: format!("{FILE} has no environment {name:?}"),
        location: None,
        hint: Some(hint),
        exit: Exit::NotFound,
    }
}

/// A value as the text of a flag.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_on) => Some(is_on.to_string()),
        _ => None,
    }
}

fn pointer(environment: &str) -> String {
    format!("/{ENVIRONMENTS}/{}", escaped(environment))
}

/// A member's name in a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn location(at: ecs_document::LineColumn) -> SourceLocation {
    SourceLocation {
        file: FILE.to_owned(),
        line: at.line,
        column: at.column,
    }
}

#[cfg(test)]
mod tests;
