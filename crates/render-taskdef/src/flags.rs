//! The flags of edits: `[CONTAINER:]NAME=VALUE` into edits, in the order in which they are made.

use std::path::PathBuf;

use ecs_document::edits::{Edit, Role, Scope, command_words};
use ecs_model::{ImageRef, is_arn};

use crate::{Args, Error};

/// A secret that a flag names, to be written as ECS takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFrom {
    /// As ECS takes it: an ARN, or the name of a parameter in the same region.
    AsIs(String),
    /// The name of a secret of Secrets Manager, and what follows it (`:json-key:stage:version`).
    ByName { name: String, suffix: String },
}

/// An edit as flags give it: some need a file, the environment or AWS before they are edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    Edit(Edit),
    /// `--env NAME`: the value is this step's.
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
    /// `--exclusive-env`.
    OnlyEnv {
        scope: Scope,
    },
}

/// Images by container, as `${image.CONTAINER}` takes them.
pub type Images = Vec<(String, String)>;

/// Reads every flag of an edit.
pub fn read(args: &Args) -> Result<(Vec<Wanted>, Images), Error> {
    let mut wanted = Vec::new();
    removals(args, &mut wanted)?;
    variables(args, &mut wanted)?;
    let images = images(args, &mut wanted)?;
    rest(args, &mut wanted)?;
    Ok((wanted, images))
}

fn removals(args: &Args, wanted: &mut Vec<Wanted>) -> Result<(), Error> {
    for text in &args.exclusive_env {
        let scope = text
            .parse()
            .map_err(|_| Error::usage("--exclusive-env", text, "is no name of a container"))?;
        wanted.push(Wanted::OnlyEnv { scope });
    }
    for text in &args.unset_env {
        let (scope, name) = scoped("--unset-env", text)?;
        let name = name.trim().to_owned();
        wanted.push(Wanted::Edit(Edit::UnsetEnv {
            scope: scope.unwrap_or(Scope::All),
            name,
        }));
    }
    for text in &args.unset_secret {
        let (scope, name) = scoped("--unset-secret", text)?;
        let name = name.trim().to_owned();
        wanted.push(Wanted::Edit(Edit::UnsetSecret {
            scope: scope.unwrap_or(Scope::All),
            name,
        }));
    }
    Ok(())
}

fn variables(args: &Args, wanted: &mut Vec<Wanted>) -> Result<(), Error> {
    for text in &args.env_file {
        if is_arn(text) {
            let edit = Edit::EnvFile {
                scope: Scope::All,
                arn: text.clone(),
            };
            wanted.push(Wanted::Edit(edit));
            continue;
        }
        // A path may have a colon; only what can be names of containers is taken for them.
        let (scope, path) = match text.split_once(':').map(|(c, p)| (c.parse().ok(), p)) {
            Some((Some(scope), path)) => (scope, path.trim()),
            _ => (Scope::All, text.trim()),
        };
        wanted.push(if is_arn(path) {
            Wanted::Edit(Edit::EnvFile {
                scope,
                arn: path.to_owned(),
            })
        } else {
            Wanted::EnvFile {
                scope,
                path: path.into(),
            }
        });
    }
    for text in &args.env {
        let (scope, pair) = scoped("--env", text)?;
        let scope = scope.unwrap_or(Scope::All);
        wanted.push(match pair.split_once('=') {
            Some((name, value)) => Wanted::Edit(Edit::Env {
                scope,
                name: variable_name("--env", name)?,
                value: value.to_owned(),
            }),
            None => Wanted::EnvFromHere {
                scope,
                name: variable_name("--env", pair)?,
            },
        });
    }
    for text in &args.secret {
        let (scope, pair) = scoped("--secret", text)?;
        let (name, from) = pair
            .split_once('=')
            .ok_or_else(|| Error::usage("--secret", text, "is no NAME=SECRET"))?;
        wanted.push(Wanted::Secret {
            scope: scope.unwrap_or(Scope::All),
            name: variable_name("--secret", name)?,
            from: secret_from(from.trim())?,
        });
    }
    Ok(())
}

/// `arn:…`, `ssm:NAME`, `secretsmanager:NAME[:json-key:stage:version]`; a bare name is a
/// parameter's, as it is to ECS.
fn secret_from(text: &str) -> Result<SecretFrom, Error> {
    if let Some(named) = text.strip_prefix("secretsmanager:") {
        let (name, suffix) = match named.find(':') {
            Some(at) => named.split_at(at),
            None => (named, ""),
        };
        if name.is_empty() {
            return Err(Error::usage("--secret", text, "names no secret"));
        }
        return Ok(SecretFrom::ByName {
            name: name.to_owned(),
            suffix: suffix.to_owned(),
        });
    }
    let name = text.strip_prefix("ssm:").unwrap_or(text);
    if name.is_empty() {
        return Err(Error::usage("--secret", text, "names no secret"));
    }
    Ok(SecretFrom::AsIs(name.to_owned()))
}

fn images(args: &Args, wanted: &mut Vec<Wanted>) -> Result<Images, Error> {
    let mut images = Vec::new();
    for text in &args.image {
        let (scope, uri) = match text.split_once('=') {
            Some((containers, uri)) => {
                let scope = containers.parse::<Scope>().map_err(|_| {
                    Error::usage(
                        "--image",
                        text,
                        "does not begin with the name of a container",
                    )
                })?;
                (Some(scope), uri.trim())
            }
            None => (None, text.trim()),
        };
        if uri.parse::<ImageRef>().is_err() {
            return Err(Error::usage("--image", text, "has no image's URI"));
        }
        if let Some(Scope::Named(names)) = &scope {
            images.extend(names.iter().map(|name| (name.clone(), uri.to_owned())));
        }
        let uri = uri.to_owned();
        wanted.push(Wanted::Edit(Edit::Image { scope, uri }));
    }
    Ok(images)
}

fn rest(args: &Args, wanted: &mut Vec<Wanted>) -> Result<(), Error> {
    let mut edit = |edit| wanted.push(Wanted::Edit(edit));
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
        edit(Edit::Cpu {
            scope,
            text: size.trim().to_owned(),
        });
    }
    for text in &args.memory {
        let (scope, size) = scoped("--memory", text)?;
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
                    "is no task=ARN or execution=ARN",
                ));
            }
            ("task", _) => Role::Task,
            ("execution", _) => Role::Execution,
            _ => {
                return Err(Error::usage(
                    "--role",
                    text,
                    "is for neither task nor execution",
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
            .ok_or_else(|| Error::usage("--resource-tag", text, "is no KEY=VALUE"))?;
        edit(Edit::Tag {
            key: key.trim().to_owned(),
            value: value.to_owned(),
        });
    }
    for text in &args.set {
        let (pointer, value) = text
            .split_once('=')
            .filter(|(pointer, _)| pointer.starts_with('/'))
            .ok_or_else(|| Error::usage("--set", text, "is no /POINTER=VALUE"))?;
        // JSON where it is JSON, its numbers as they are written; else text.
        let value = ecs_document::json_value(value).unwrap_or_else(|| value.into());
        edit(Edit::Set {
            pointer: pointer.trim().to_owned(),
            value,
        });
    }
    Ok(())
}

/// `CONTAINER:` and the rest. What stands before a colon must be names of containers: a name
/// with a colon of its own is written after `*:`.
fn scoped<'t>(flag: &'static str, text: &'t str) -> Result<(Option<Scope>, &'t str), Error> {
    let name = text.split('=').next().unwrap_or_default();
    let Some((containers, _)) = name.split_once(':') else {
        return Ok((None, text));
    };
    let scope = containers
        .parse()
        .map_err(|_| Error::usage(flag, text, "has no name of a container before the colon"))?;
    Ok((Some(scope), text[containers.len() + 1..].trim_start()))
}

fn pair(flag: &'static str, text: &str) -> Result<(Scope, String, String), Error> {
    let (scope, pair) = scoped(flag, text)?;
    let (name, value) = pair
        .split_once('=')
        .filter(|(name, _)| !name.trim().is_empty())
        .ok_or_else(|| Error::usage(flag, text, "is no NAME=VALUE"))?;
    let scope = scope.unwrap_or(Scope::All);
    Ok((scope, name.trim().to_owned(), value.to_owned()))
}

fn variable_name(flag: &'static str, text: &str) -> Result<String, Error> {
    let name = text.trim();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(Error::usage(flag, text, "is no name of a variable"));
    }
    Ok(name.to_owned())
}
