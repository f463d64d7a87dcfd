//! Edits of a task definition, by container.
//!
//! An edit changes what it names and nothing else: an existing variable keeps its position in the
//! list, and a new one is added at the end. Nothing is guessed: an image or a command without a
//! container is rejected if there are several containers, because it can be meant for only one.

mod command;
mod containers;
mod element_names;
mod error;
mod named_elements;

use serde_json::Value;

use crate::{Document, pointer};
pub use command::{BadCommand, command_words};
pub use containers::{ParseScopeError, Scope, container_name, containers};
pub use error::EditError;

/// One change to a task definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The image of a container.
    Image {
        scope: Option<Scope>,
        uri: String,
    },
    /// An environment variable.
    Env {
        scope: Scope,
        name: String,
        value: String,
    },
    /// A file of variables on S3, by its ARN (`environmentFiles`).
    EnvFile {
        scope: Scope,
        arn: String,
    },
    /// A secret as an environment variable: its ARN, or the name of a parameter.
    Secret {
        scope: Scope,
        name: String,
        value_from: String,
    },
    UnsetEnv {
        scope: Scope,
        name: String,
    },
    UnsetSecret {
        scope: Scope,
        name: String,
    },
    /// Removes all environment variables except those in `keep`.
    OnlyEnv {
        scope: Scope,
        keep: Vec<String>,
    },
    Command {
        scope: Option<Scope>,
        words: Vec<String>,
    },
    LogDriver {
        scope: Scope,
        driver: String,
    },
    LogOption {
        scope: Scope,
        name: String,
        value: String,
    },
    /// A Docker label.
    Label {
        scope: Scope,
        name: String,
        value: String,
    },
    /// CPU units of the task or of containers.
    Cpu {
        scope: Option<Scope>,
        text: String,
    },
    /// Mebibytes of memory of the task or of containers.
    Memory {
        scope: Option<Scope>,
        text: String,
    },
    Role {
        role: Role,
        arn: String,
    },
    /// An AWS tag of the task definition.
    Tag {
        key: String,
        value: String,
    },
    /// Any value at any pointer, in which list elements can be addressed by name.
    Set {
        pointer: String,
        value: Value,
    },
}

/// Which of the two roles of a task definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The role of the application.
    Task,
    /// The role that ECS uses to start the task.
    Execution,
}

/// An edit that should remove something that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NothingToUnset {
    pub container: String,
    /// `variable` or `secret`.
    pub what: &'static str,
    pub name: String,
}

/// Applies the edits in this order.
///
/// # Errors
/// The first edit that cannot be applied.
pub fn apply(
    mut document: Document,
    edits: &[Edit],
) -> Result<(Document, Vec<NothingToUnset>), EditError> {
    let mut nothing = Vec::new();
    for edit in edits {
        one(&mut document, edit, &mut nothing)?;
    }
    Ok((document, nothing))
}

fn one(
    document: &mut Document,
    edit: &Edit,
    nothing: &mut Vec<NothingToUnset>,
) -> Result<(), EditError> {
    match edit {
        Edit::Image { scope, uri } => {
            for at in containers::chosen(document, scope.as_ref(), "an image")? {
                document.set(&pointer::join(&at, "image"), Value::from(uri.as_str()))?;
            }
        }
        Edit::Command { scope, words } => {
            for at in containers::chosen(document, scope.as_ref(), "a command")? {
                document.set(&pointer::join(&at, "command"), Value::from(words.clone()))?;
            }
        }
        Edit::Env { scope, name, value } => {
            for at in containers::of(document, scope)? {
                named_elements::put(
                    document,
                    &at,
                    "environment",
                    ("name", name),
                    ("value", value),
                )?;
            }
        }
        Edit::Secret {
            scope,
            name,
            value_from,
        } => {
            for at in containers::of(document, scope)? {
                named_elements::put(
                    document,
                    &at,
                    "secrets",
                    ("name", name),
                    ("valueFrom", value_from),
                )?;
            }
        }
        Edit::EnvFile { scope, arn } => {
            for at in containers::of(document, scope)? {
                named_elements::put(
                    document,
                    &at,
                    "environmentFiles",
                    ("value", arn),
                    ("type", "s3"),
                )?;
            }
        }
        Edit::UnsetEnv { scope, name } => {
            unset(document, scope, "environment", "variable", name, nothing)?;
        }
        Edit::UnsetSecret { scope, name } => {
            unset(document, scope, "secrets", "secret", name, nothing)?;
        }
        Edit::OnlyEnv { scope, keep } => {
            for at in containers::of(document, scope)? {
                named_elements::keep(document, &at, "environment", |name| {
                    keep.iter().any(|k| k == name)
                });
            }
        }
        Edit::LogDriver { scope, driver } => {
            for at in containers::of(document, scope)? {
                let at = format!("{at}/logConfiguration/logDriver");
                document.set(&at, Value::from(driver.as_str()))?;
            }
        }
        Edit::LogOption { scope, name, value } => {
            for at in containers::of(document, scope)? {
                log_option(document, &at, name, value)?;
            }
        }
        Edit::Label { scope, name, value } => {
            for at in containers::of(document, scope)? {
                let at = pointer::join(&format!("{at}/dockerLabels"), name);
                document.set(&at, Value::from(value.as_str()))?;
            }
        }
        Edit::Cpu { scope, text } => size(document, scope.as_ref(), "cpu", text)?,
        Edit::Memory { scope, text } => size(document, scope.as_ref(), "memory", text)?,
        Edit::Role { role, arn } => {
            let member = match role {
                Role::Task => "/taskRoleArn",
                Role::Execution => "/executionRoleArn",
            };
            document.set(member, Value::from(arn.as_str()))?;
        }
        Edit::Tag { key, value } => {
            named_elements::put(document, "", "tags", ("key", key), ("value", value))?;
        }
        Edit::Set { pointer, value } => {
            let at = element_names::by_index(document.value(), pointer)?;
            let value =
                match pointer::tokens(&at).and_then(|tokens| element_names::expected(&tokens)) {
                    Some(of) => element_names::as_text(value, &of),
                    None => value.clone(),
                };
            document.set(&at, value)?;
        }
    }
    Ok(())
}

fn unset(
    document: &mut Document,
    scope: &Scope,
    member: &str,
    what: &'static str,
    name: &str,
    nothing: &mut Vec<NothingToUnset>,
) -> Result<(), EditError> {
    let all = containers::of(document, scope)?;
    let mut missing = Vec::new();
    let mut is_found = false;
    for at in all {
        if named_elements::remove(document, &at, member, name) {
            is_found = true;
        } else {
            missing.push(NothingToUnset {
                container: container_name(document, &at).to_owned(),
                what,
                name: name.to_owned(),
            });
        }
    }
    // An edit of all containers has done its work if one of them had the name.
    if *scope != Scope::All || !is_found {
        nothing.extend(missing);
    }
    Ok(())
}

fn log_option(document: &mut Document, at: &str, name: &str, value: &str) -> Result<(), EditError> {
    let configuration = format!("{at}/logConfiguration");
    if document
        .get(&format!("{configuration}/logDriver"))
        .is_none()
    {
        return Err(EditError::NoLogDriver {
            container: container_name(document, at).to_owned(),
            option: name.to_owned(),
        });
    }
    let option = pointer::join(&format!("{configuration}/options"), name);
    document.set(&option, Value::from(value))?;
    Ok(())
}

fn size(
    document: &mut Document,
    scope: Option<&Scope>,
    member: &'static str,
    text: &str,
) -> Result<(), EditError> {
    let text = text.trim();
    let (number, what) = match member {
        "cpu" => (
            crate::meaning::cpu_units(text),
            "CPU size: write units (256) or vCPU (\"0.25 vCPU\")",
        ),
        _ => (
            crate::meaning::memory_mebibytes(text),
            "memory size: write MiB (512) or GB (\"0.5 GB\")",
        ),
    };
    let number = number.ok_or_else(|| EditError::BadSize {
        what,
        text: text.to_owned(),
    })?;
    match scope {
        // ECS expects strings for the task's sizes, and numbers for those of a container.
        None => document.set(&format!("/{member}"), Value::from(text))?,
        Some(scope) => {
            for at in containers::of(document, scope)? {
                document.set(&pointer::join(&at, member), Value::from(number))?;
            }
        }
    }
    Ok(())
}
