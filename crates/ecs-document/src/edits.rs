//! Edits of a task definition, by container.
//!
//! An edit changes what it names and nothing else: a variable that is there keeps its place in
//! the list, a new one comes last. Nothing is guessed: where an edit without a container could
//! mean several, and meaning all would be a mistake (image, command), it is refused.

mod command;
mod containers;
mod error;
mod pairs;
mod place;

use serde_json::Value;

use crate::{Document, pointer};
pub use command::{BadCommand, command_words};
pub use containers::{ParseScopeError, Scope, container_name, containers};
pub use error::EditError;

/// One change to a task definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The image a container runs.
    Image {
        scope: Option<Scope>,
        uri: String,
    },
    /// A variable's value.
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
    /// A variable whose value is a secret: ARN, or the name of a parameter.
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
    /// Takes away each variable that `keep` does not name.
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
    /// A docker label.
    Label {
        scope: Scope,
        name: String,
        value: String,
    },
    /// CPU units, of the task or of containers.
    Cpu {
        scope: Option<Scope>,
        text: String,
    },
    /// Mebibytes, of the task or of containers.
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
    /// Any value at any place. Elements of lists may be named by their name.
    Set {
        pointer: String,
        value: Value,
    },
}

/// Which role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What the application may do.
    Task,
    /// What ECS may do to start it.
    Execution,
}

/// Something to tell about an edit that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NothingToUnset {
    pub container: String,
    /// `variable` or `secret`.
    pub what: &'static str,
    pub name: String,
}

/// Makes the edits, in this order: the edited document, or the first edit that cannot be made.
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
                pairs::put(
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
                pairs::put(
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
                pairs::put(
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
                pairs::keep(document, &at, "environment", |name| {
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
            pairs::put(document, "", "tags", ("key", key), ("value", value))?;
        }
        Edit::Set { pointer, value } => {
            let at = place::by_index(document.value(), pointer)?;
            let value = match pointer::tokens(&at).and_then(|tokens| place::expected(&tokens)) {
                Some(of) => place::as_text(value, &of),
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
        if pairs::remove(document, &at, member, name) {
            is_found = true;
        } else {
            missing.push(NothingToUnset {
                container: container_name(document, &at).to_owned(),
                what,
                name: name.to_owned(),
            });
        }
    }
    // Meant for all, it is enough that one had it.
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
            "CPU size; write units (256) or vCPU (\"0.25 vCPU\")",
        ),
        _ => (
            crate::meaning::memory_mebibytes(text),
            "memory size; write MiB (512) or GB (\"0.5 GB\")",
        ),
    };
    let number = number.ok_or_else(|| EditError::BadSize {
        what,
        text: text.to_owned(),
    })?;
    match scope {
        // The task's sizes are strings to ECS, a container's are numbers.
        None => document.set(&format!("/{member}"), Value::from(text))?,
        Some(scope) => {
            for at in containers::of(document, scope)? {
                document.set(&pointer::join(&at, member), Value::from(number))?;
            }
        }
    }
    Ok(())
}
