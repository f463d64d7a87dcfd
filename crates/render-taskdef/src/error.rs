//! The errors of render-taskdef, with exit codes and hints.

use std::fmt;

use ecs_client::NoCluster;
use ecs_document::ParseError;
use ecs_document::edits::{BadCommand, EditError};
use ecs_document::lints::Lint;
use ecs_document::placeholders::{UndefinedPlaceholder, UndefinedReason};
use pipeline_aws::{AwsError, SessionError};
use pipeline_io::{Exit, Failure, FileError, SourceLocation};

use crate::dotenv::BadLine;

/// An error of render-taskdef.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no task definition given")]
    NoSource,
    /// `shown` is the part of the flag's value that is not secret: never the text after `=`.
    #[error("{flag} {shown:?} {what}")]
    Usage {
        flag: &'static str,
        shown: String,
        what: &'static str,
    },
    #[error("invalid --command: {source}")]
    Command { source: BadCommand },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot read the task definition from stdin")]
    Stdin { source: std::io::Error },
    #[error("the task definition on stdin is {encoding} text")]
    StdinEncoding { encoding: &'static str },
    #[error("task definition {}: {source}", source.name)]
    Parse { source: ParseError },
    #[error("outputs {}: {}", source.name, source)]
    Outputs { source: ParseError },
    #[error("env file {}: {}", line.location.file, line.message)]
    Dotenv { line: BadLine },
    #[error("--env {name} has no value, and the environment of this step does not contain {name}")]
    NoSuchVariable { name: String },
    #[error("{}", Listed { file, undefined })]
    Undefined {
        file: String,
        undefined: Vec<UndefinedPlaceholder>,
        other_outputs: Option<String>,
        /// An image that was given without the name of a container.
        unassigned_image: Option<String>,
    },
    #[error("task definition {file}: {source}")]
    Edit { file: String, source: EditError },
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Aws(Box<AwsError>),
    #[error("task definition {name} is not registered in {region}")]
    NotRegistered {
        name: String,
        region: String,
        source: Box<AwsError>,
    },
    #[error(transparent)]
    NoCluster(#[from] NoCluster),
    #[error("service {service} does not exist in cluster {cluster}")]
    NoService { service: String, cluster: String },
    #[error("the secret {name} does not exist in {region}")]
    NoSecret {
        name: String,
        region: String,
        source: Box<AwsError>,
    },
    #[error("--ignore {name:?} is not the name of a lint")]
    NoSuchCode {
        name: String,
        nearest: Vec<&'static str>,
    },
    #[error("--diff live needs a service")]
    NothingLive,
    #[error("{}", finding(first, *more))]
    Findings {
        file: String,
        first: Lint,
        /// The number of further errors, which have been annotated.
        more: usize,
    },
    #[error("the response of {operation} does not contain the {what}")]
    Answer {
        operation: &'static str,
        what: &'static str,
    },
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Aws(Box::new(error))
    }
}

impl Error {
    /// An invalid value of a flag. Only the part of `text` before `=` is shown.
    pub(crate) fn usage(flag: &'static str, text: &str, what: &'static str) -> Self {
        Self::Usage {
            flag,
            shown: text.split('=').next().unwrap_or_default().to_owned(),
            what,
        }
    }
}

fn finding(first: &Lint, more: usize) -> String {
    match more {
        0 => first.message.clone(),
        1 => format!("{} (and one more)", first.message),
        more => format!("{} (and {more} more)", first.message),
    }
}

/// All undefined placeholders. If there are several, each is on its own line with its location.
struct Listed<'e> {
    file: &'e str,
    undefined: &'e [UndefinedPlaceholder],
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [one] = self.undefined {
            return write!(f, "{one}");
        }
        let count = self.undefined.len();
        write!(f, "{count} placeholders in {} have no value", self.file)?;
        for one in self.undefined {
            writeln!(f)?;
            if let Some(at) = one.location {
                write!(f, "{}:{}:{}: ", self.file, at.line, at.column)?;
            }
            write!(f, "{one}")?;
        }
        Ok(())
    }
}

/// The location of a lint or an error, for the step.
pub(crate) fn location(file: &str, at: Option<ecs_document::LineColumn>) -> Option<SourceLocation> {
    at.map(|at| SourceLocation {
        file: file.to_owned(),
        line: at.line,
        column: at.column,
    })
}

impl Failure for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::File(error) => error.exit(),
            Self::Session(error) => error.exit(),
            Self::Aws(error) => error.exit(),
            Self::NotRegistered { .. }
            | Self::NoCluster(_)
            | Self::NoService { .. }
            | Self::NoSecret { .. } => Exit::NotFound,
            Self::Answer { .. } => Exit::Unreachable,
            _ => Exit::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoSource => Some(
                "use --task-definition FILE|FAMILY|ARN, or --cluster CLUSTER --service SERVICE"
                    .to_owned(),
            ),
            Self::File(error) => error.hint(),
            Self::StdinEncoding { .. } => Some("pass UTF-8 text".to_owned()),
            Self::Session(error) => error.hint(),
            Self::Aws(error) => error.hint(),
            Self::Usage { flag, .. } => usage_hint(flag),
            Self::Undefined {
                undefined,
                other_outputs,
                unassigned_image,
                ..
            } => undefined_hint(
                undefined,
                other_outputs.as_deref(),
                unassigned_image.as_deref(),
            ),
            Self::Edit { source, .. } => edit_hint(source),
            Self::NotRegistered { name, .. } => Some(format!(
                "for a file in this directory, use --task-definition ./{name}"
            )),
            Self::NoSuchCode { nearest, .. } => Some(match nearest.first() {
                Some(near) => format!("did you mean {near}? All lints: docs/lints"),
                None => "all lints: docs/lints".to_owned(),
            }),
            Self::NothingLive => {
                Some("add --cluster CLUSTER --service SERVICE, or use --diff FAMILY".to_owned())
            }
            Self::Findings { first, .. } => Some(first.hint()),
            Self::NoSuchVariable { name } => Some(format!(
                "use --env {name}=VALUE, or set {name} for this step"
            )),
            Self::NoCluster(_) => Some(NoCluster::HINT.to_owned()),
            Self::NoService { .. } => Some("check --cluster, --service and --region".to_owned()),
            _ => None,
        }
    }

    fn location(&self) -> Option<SourceLocation> {
        match self {
            Self::Parse { source } | Self::Outputs { source } => {
                location(&source.name, Some(source.location))
            }
            Self::Dotenv { line } => Some(line.location.clone()),
            Self::Undefined {
                file, undefined, ..
            } => location(file, undefined.first()?.location),
            Self::Findings { file, first, .. } => location(file, first.location),
            _ => None,
        }
    }
}

fn usage_hint(flag: &str) -> Option<String> {
    Some(match flag {
        "--image" => {
            "write --image CONTAINER=URI; for several containers, --image \"app, side=URI\""
                .to_owned()
        }
        "--role" => "write --role task=ARN or --role execution=ARN".to_owned(),
        "--set" => {
            "write --set /POINTER=VALUE, e.g. --set /containerDefinitions/app/stopTimeout=30"
                .to_owned()
        }
        "--resource-tag" => "write --resource-tag KEY=VALUE".to_owned(),
        "--exclusive-env" => {
            "write --exclusive-env CONTAINER, or --exclusive-env '*' for all containers".to_owned()
        }
        "--cpu" => "write units or vCPU, e.g. --cpu 512 or --cpu app:0.25vCPU".to_owned(),
        "--memory" => "write MiB or GB, e.g. --memory 1024 or --memory app:0.5GB".to_owned(),
        "--unset-env" | "--unset-secret" => format!("write {flag} [CONTAINER:]NAME"),
        "--secret" => {
            "write --secret [CONTAINER:]NAME=SECRET, e.g. app:DB_URL=ssm:/app/db-url".to_owned()
        }
        flag => format!(
            "write {flag} [CONTAINER:]NAME=VALUE; if NAME contains a colon, {flag} '*:NAME=VALUE'"
        ),
    })
}

fn undefined_hint(
    undefined: &[UndefinedPlaceholder],
    other_outputs: Option<&str>,
    unassigned_image: Option<&str>,
) -> Option<String> {
    let of = |kind: &str| undefined.iter().any(|u| u.written.starts_with(kind));
    if undefined
        .iter()
        .any(|u| u.reason == UndefinedReason::NoOutputs)
    {
        return Some("add --outputs FILE, a file written by tf-outputs --out FILE".to_owned());
    }
    let unfit = |u: &UndefinedPlaceholder| matches!(u.reason, UndefinedReason::Unfit { .. });
    if undefined.iter().all(unfit) {
        return Some("write $${…} for a literal ${…}".to_owned());
    }
    match other_outputs {
        Some(file) if of("${tf.") => Some(format!("the outputs are in {file}")),
        _ if of("${env.") => Some("set the variable in the environment of this step".to_owned()),
        _ => {
            let written = undefined.iter().map(|u| u.written.as_str());
            let mut images = written.filter_map(|w| w.strip_prefix("${image.")?.strip_suffix('}'));
            images.next().map(|container| match unassigned_image {
                // The name of the container in place of the pair, or the URI without the name.
                Some(image) if image == container => {
                    format!("--image {image} lacks the URI: write --image {container}=URI")
                }
                Some(image) => format!(
                    "--image {image} lacks the name of a container: write --image {container}={image}"
                ),
                None => format!("add --image {container}=URI"),
            })
        }
    }
}

fn edit_hint(error: &EditError) -> Option<String> {
    match error {
        EditError::NoContainer { known, nearest, .. } => {
            let known = format!("available: {}", known.join(", "));
            Some(match nearest.first() {
                Some(near) => format!("did you mean {near}? {known}"),
                None => known,
            })
        }
        EditError::WhichContainer { known, .. } => {
            let first = known.first().map_or("app", String::as_str);
            Some(format!(
                "name the container, e.g. {first}, or * for all containers"
            ))
        }
        EditError::NoLogDriver { container, .. } => Some(format!(
            "name another container, or add --log-driver {container}:awslogs"
        )),
        _ => None,
    }
}
