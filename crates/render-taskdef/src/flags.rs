//! Parses the flags of edits, e.g. `[CONTAINER:]NAME=VALUE`, in the order in which edits are made.

use std::path::PathBuf;

use ecs_document::edits::{Edit, Role, Scope, command_words};
use ecs_document::meaning::{cpu_units, memory_mebibytes};
use ecs_model::{ImageRef, is_arn};

use crate::{Args, Error};

/// The secret that `--secret` refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFrom {
    /// A text that ECS accepts: an ARN, or the name of a parameter in the same region.
    Literal(String),
    /// The name of a secret in Secrets Manager and what follows it (`:json-key:stage:version`). ECS
    /// needs the ARN instead.
    ByName { name: String, suffix: String },
}

/// An edit as the user wrote it. Some need a file, the environment or AWS to become an [`Edit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedEdit {
    Edit(Edit),
    /// `--env NAME`: the value is in the environment of this step.
    EnvFromHere {
        scope: Scope,
        name: String,
    },
    /// `--env-file FILE`.
    EnvFile {
        scope: Scope,
        path: PathBuf,
    },
    Secret {
        scope: Scope,
        name: String,
        from: SecretFrom,
    },
    /// `--exclusive-env CONTAINER`.
    OnlyEnv {
        scope: Scope,
    },
}

/// Images by container, for `${image.CONTAINER}`.
pub type Images = Vec<(String, String)>;

/// Parses all flags of edits.
///
/// # Errors
/// The first flag that is invalid.
pub fn read(args: &Args) -> Result<(Vec<RequestedEdit>, Images), Error> {
    let mut wanted = Vec::new();
    removals(args, &mut wanted)?;
    variables(args, &mut wanted)?;
    let images = images(args, &mut wanted)?;
    rest(args, &mut wanted)?;
    Ok((wanted, images))
}

fn removals(args: &Args, wanted: &mut Vec<RequestedEdit>) -> Result<(), Error> {
    for text in &args.exclusive_env {
        let scope = text
            .parse()
            .map_err(|_| Error::usage("--exclusive-env", text, "is not the name of a container"))?;
        wanted.push(RequestedEdit::OnlyEnv { scope });
    }
    for text in &args.unset_env {
        let (scope, name) = scoped("--unset-env", text)?;
        let name = name.trim().to_owned();
        wanted.push(RequestedEdit::Edit(Edit::UnsetEnv {
            scope: scope.unwrap_or(Scope::All),
            name,
        }));
    }
    for text in &args.unset_secret {
        let (scope, name) = scoped("--unset-secret", text)?;
        let name = name.trim().to_owned();
        wanted.push(RequestedEdit::Edit(Edit::UnsetSecret {
            scope: scope.unwrap_or(Scope::All),
            name,
        }));
    }
    Ok(())
}

fn variables(args: &Args, wanted: &mut Vec<RequestedEdit>) -> Result<(), Error> {
    for text in &args.env_file {
        if is_arn(text) {
            let edit = Edit::EnvFile {
                scope: Scope::All,
                arn: text.clone(),
            };
            wanted.push(RequestedEdit::Edit(edit));
            continue;
        }
        // A path may contain a colon, so only valid names of containers count as such.
        let (scope, path) = match text.split_once(':').map(|(c, p)| (c.parse().ok(), p)) {
            Some((Some(scope), path)) => (scope, path.trim()),
            _ => (Scope::All, text.trim()),
        };
        wanted.push(if is_arn(path) {
            RequestedEdit::Edit(Edit::EnvFile {
                scope,
                arn: path.to_owned(),
            })
        } else {
            RequestedEdit::EnvFile {
                scope,
                path: path.into(),
            }
        });
    }
    for text in &args.env {
        let (scope, pair) = scoped("--env", text)?;
        let scope = scope.unwrap_or(Scope::All);
        wanted.push(match pair.split_once('=') {
            Some((name, value)) => RequestedEdit::Edit(Edit::Env {
                scope,
                name: variable_name("--env", name)?,
                value: value.to_owned(),
            }),
            None => RequestedEdit::EnvFromHere {
                scope,
                name: variable_name("--env", pair)?,
            },
        });
    }
    for text in &args.secret {
        let (scope, pair) = scoped("--secret", text)?;
        let (name, from) = pair
            .split_once('=')
            .ok_or_else(|| Error::usage("--secret", text, "is not NAME=SECRET"))?;
        wanted.push(RequestedEdit::Secret {
            scope: scope.unwrap_or(Scope::All),
            name: variable_name("--secret", name)?,
            from: secret_from(from.trim())?,
        });
    }
    Ok(())
}

/// Parses `arn:…`, `ssm:NAME` or `secretsmanager:NAME[:json-key:stage:version]`. To ECS, and so
/// here, a name alone is that of a parameter.
fn secret_from(text: &str) -> Result<SecretFrom, Error> {
    if let Some(named) = text.strip_prefix("secretsmanager:") {
        let (name, suffix) = match named.find(':') {
            Some(at) => named.split_at(at),
            None => (named, ""),
        };
        if name.is_empty() {
            return Err(Error::usage("--secret", text, "does not name a secret"));
        }
        return Ok(SecretFrom::ByName {
            name: name.to_owned(),
            suffix: suffix.to_owned(),
        });
    }
    let name = text.strip_prefix("ssm:").unwrap_or(text);
    if name.is_empty() {
        return Err(Error::usage("--secret", text, "does not name a secret"));
    }
    Ok(SecretFrom::Literal(name.to_owned()))
}

fn images(args: &Args, wanted: &mut Vec<RequestedEdit>) -> Result<Images, Error> {
    let mut images = Vec::new();
    for text in &args.image {
        let (scope, uri) = match text.split_once('=') {
            Some((containers, uri)) => {
                let scope = containers.parse::<Scope>().map_err(|_| {
                    Error::usage(
                        "--image",
                        text,
                        "does not start with the name of a container",
                    )
                })?;
                (Some(scope), uri.trim())
            }
            None => (None, text.trim()),
        };
        if uri.parse::<ImageRef>().is_err() {
            return Err(Error::usage(
                "--image",
                text,
                "does not contain the URI of an image",
            ));
        }
        if let Some(Scope::Named(names)) = &scope {
            images.extend(names.iter().map(|name| (name.clone(), uri.to_owned())));
        }
        let uri = uri.to_owned();
        wanted.push(RequestedEdit::Edit(Edit::Image { scope, uri }));
    }
    Ok(images)
}

fn rest(args: &Args, wanted: &mut Vec<RequestedEdit>) -> Result<(), Error> {
    let mut edit = |edit| wanted.push(RequestedEdit::Edit(edit));
    for text in &args.command {
        let (scope, words) = match text.split_once(':').map(|(c, w)| (c.parse().ok(), w)) {
            Some((Some(scope), words)) => (Some(scope), words),
            _ => (None, text.as_str()),
        };
        let words = command_words(words).map_err(|source| Error::Command { source })?;
        edit(Edit::Command { scope, words });
    }
    for text in &args.log_driver {
        let (scope, driver) = scoped("--log-driver", text)?;
        edit(Edit::LogDriver {
            scope: scope.unwrap_or(Scope::All),
            driver: driver.trim().to_owned(),
        });
    }
    for text in &args.log_option {
        let (scope, name, value) = pair("--log-option", text)?;
        edit(Edit::LogOption { scope, name, value });
    }
    for text in &args.label {
        let (scope, name, value) = pair("--label", text)?;
        edit(Edit::Label { scope, name, value });
    }
    for text in &args.cpu {
        let (scope, size) = scoped("--cpu", text)?;
        if cpu_units(size).is_none() {
            return Err(Error::usage("--cpu", text, "is not a CPU size"));
        }
        edit(Edit::Cpu {
            scope,
            text: size.trim().to_owned(),
        });
    }
    for text in &args.memory {
        let (scope, size) = scoped("--memory", text)?;
        if memory_mebibytes(size).is_none() {
            return Err(Error::usage("--memory", text, "is not a memory size"));
        }
        edit(Edit::Memory {
            scope,
            text: size.trim().to_owned(),
        });
    }
    for text in &args.role {
        let (role, arn) = text.split_once('=').unwrap_or((text, ""));
        let role = match (role.trim(), arn.trim()) {
            (_, "") => {
                return Err(Error::usage(
                    "--role",
                    text,
                    "is not task=ARN or execution=ARN",
                ));
            }
            ("task", _) => Role::Task,
            ("execution", _) => Role::Execution,
            _ => {
                return Err(Error::usage(
                    "--role",
                    text,
                    "is neither for task nor for execution",
                ));
            }
        };
        edit(Edit::Role {
            role,
            arn: arn.trim().to_owned(),
        });
    }
    for text in &args.resource_tag {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
            .ok_or_else(|| Error::usage("--resource-tag", text, "is not KEY=VALUE"))?;
        edit(Edit::Tag {
            key: key.trim().to_owned(),
            value: value.to_owned(),
        });
    }
    for text in &args.set {
        let (pointer, value) = text
            .split_once('=')
            .filter(|(pointer, _)| pointer.starts_with('/'))
            .ok_or_else(|| Error::usage("--set", text, "is not /POINTER=VALUE"))?;
        // JSON if it is valid JSON, with its numbers as written; else text.
        let value = ecs_document::json_value(value).unwrap_or_else(|| value.into());
        edit(Edit::Set {
            pointer: pointer.trim().to_owned(),
            value,
        });
    }
    Ok(())
}

/// Splits off `CONTAINER:`. The text before a colon must be names of containers, so a name that
/// contains a colon must follow `*:`.
fn scoped<'t>(flag: &'static str, text: &'t str) -> Result<(Option<Scope>, &'t str), Error> {
    let name = text.split('=').next().unwrap_or_default();
    let Some((containers, _)) = name.split_once(':') else {
        return Ok((None, text));
    };
    let scope = containers.parse().map_err(|_| {
        Error::usage(
            flag,
            text,
            "does not have the name of a container before the colon",
        )
    })?;
    Ok((Some(scope), text[containers.len() + 1..].trim_start()))
}

fn pair(flag: &'static str, text: &str) -> Result<(Scope, String, String), Error> {
    let (scope, pair) = scoped(flag, text)?;
    let (name, value) = pair
        .split_once('=')
        .filter(|(name, _)| !name.trim().is_empty())
        .ok_or_else(|| Error::usage(flag, text, "is not NAME=VALUE"))?;
    let scope = scope.unwrap_or(Scope::All);
    Ok((scope, name.trim().to_owned(), value.to_owned()))
}

fn variable_name(flag: &'static str, text: &str) -> Result<String, Error> {
    let name = text.trim();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(Error::usage(flag, text, "is not the name of a variable"));
    }
    Ok(name.to_owned())
}
