//! What can go wrong, each with its exit code and what to do.

use std::fmt;

use ecs_document::ParseError;
use ecs_document::edits::{BadCommand, EditError};
use ecs_document::lints::Lint;
use ecs_document::placeholders::{Reason, Undefined};
use pipeline_aws::{AwsError, SessionError};
use pipeline_io::{Exit, Failure, FileError, SourceLocation};

use crate::dotenv::BadLine;

/// An error of render-taskdef.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no task definition is named")]
    NoSource,
    /// `shown` is the part of the flag's value that may be said: never what stands after `=`.
    #[error("{flag} {shown:?} {what}")]
    Usage {
        flag: &'static str,
        shown: String,
        what: &'static str,
    },
    #[error("--command cannot be read")]
    Command { source: BadCommand },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot read the task definition from stdin")]
    Stdin { source: std::io::Error },
    #[error("task definition {}: {source}", source.name)]
    Parse { source: ParseError },
    #[error("outputs {}: {}", source.name, source)]
    Outputs { source: ParseError },
    #[error("env file {}: {}", line.place.file, line.message)]
    Dotenv { line: BadLine },
    #[error("--env {name} has no value, and this step's environment has no {name}")]
    NoSuchVariable { name: String },
    #[error("{}", Listed { file, undefined })]
    Undefined {
        file: String,
        undefined: Vec<Undefined>,
        other_outputs: Option<String>,
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
    #[error("service {service} does not exist in cluster {cluster}")]
    NoService { service: String, cluster: String },
    #[error("the secret {name} does not exist in {region}")]
    NoSecret {
        name: String,
        region: String,
        source: Box<AwsError>,
    },
    #[error("--ignore {name:?} is the code of no finding")]
    NoSuchCode {
        name: String,
        nearest: Vec<&'static str>,
    },
    #[error("--diff live does not say which service")]
    NothingLive,
    #[error("{}", finding(first, *more))]
    Findings {
        file: String,
        first: Lint,
        /// Further errors, each said before.
        more: usize,
    },
    #[error("{operation} gave no {what}")]
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
    /// Bad usage of a flag. Only the part of `text` before `=` is ever shown.
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

/// All undefined placeholders, each with its place, on a line of its own where there are several.
struct Listed<'e> {
    file: &'e str,
    undefined: &'e [Undefined],
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [one] = self.undefined {
            return write!(f, "{one}");
        }
        let count = self.undefined.len();
        write!(
            f,
            "{count} placeholders of {} cannot be filled in",
            self.file
        )?;
        for one in self.undefined {
            writeln!(f)?;
            if let Some(place) = one.place {
                write!(f, "{}:{}:{}: ", self.file, place.line, place.column)?;
            }
            write!(f, "{one}")?;
        }
        Ok(())
    }
}

/// A place of ours as the step says it.
pub(crate) fn place(file: &str, place: Option<ecs_document::LineColumn>) -> Option<SourceLocation> {
    place.map(|place| SourceLocation {
        file: file.to_owned(),
        line: place.line,
        column: place.column,
    })
}

impl Failure for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::File(error) => error.exit(),
            Self::Session(error) => error.exit(),
            Self::Aws(error) => error.exit(),
            Self::NotRegistered { .. } | Self::NoService { .. } | Self::NoSecret { .. } => {
                Exit::NotFound
            }
            Self::Answer { .. } => Exit::Unreachable,
            _ => Exit::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoSource => Some(
                "give --task-definition FILE, FAMILY or ARN, or --cluster and --service".to_owned(),
            ),
            Self::File(error) => error.hint(),
            Self::Session(error) => error.hint(),
            Self::Aws(error) => error.hint(),
            Self::Usage { flag, .. } => usage_hint(flag),
            Self::Undefined {
                undefined,
                other_outputs,
                ..
            } => undefined_hint(undefined, other_outputs.as_deref()),
            Self::Edit { source, .. } => edit_hint(source),
            Self::NotRegistered { name, .. } => Some(format!(
                "a file is told by its ending or a slash: ./{name} is the file of this folder"
            )),
            Self::NoSuchCode { nearest, .. } => Some(match nearest.first() {
                Some(near) => format!("{near} may be meant; all are in docs/lints"),
                None => "the codes are in docs/lints".to_owned(),
            }),
            Self::NothingLive => Some("give --cluster and --service, or --diff FAMILY".to_owned()),
            Self::Findings { first, .. } => Some(format!(
                "{} (docs/lints/{code}.md; --ignore {code})",
                first.code.remedy(),
                code = first.code.as_str()
            )),
            Self::NoSuchVariable { name } => Some(format!("write --env {name}=VALUE, or set it")),
            Self::NoService { .. } => Some("check --cluster, --service and the region".to_owned()),
            _ => None,
        }
    }

    fn location(&self) -> Option<SourceLocation> {
        match self {
            Self::Parse { source } | Self::Outputs { source } => {
                place(&source.name, Some(source.place))
            }
            Self::Dotenv { line } => Some(line.place.clone()),
            Self::Undefined {
                file, undefined, ..
            } => place(file, undefined.first()?.place),
            Self::Findings { file, first, .. } => place(file, first.place),
            _ => None,
        }
    }
}

fn usage_hint(flag: &str) -> Option<String> {
    Some(match flag {
        "--image" => "write CONTAINER=URI; several containers: \"app, side=URI\"".to_owned(),
        "--role" => "write task=ARN or execution=ARN".to_owned(),
        "--set" => "write /POINTER=VALUE, as /containerDefinitions/app/stopTimeout=30".to_owned(),
        "--resource-tag" => "write KEY=VALUE".to_owned(),
        "--exclusive-env" => "write a container's name, or * for all".to_owned(),
        flag => format!(
            "write [CONTAINER:]NAME and what follows; for a name with a colon, {flag} '*:NAME…'"
        ),
    })
}

fn undefined_hint(undefined: &[Undefined], other_outputs: Option<&str>) -> Option<String> {
    let of = |kind: &str| undefined.iter().any(|u| u.written.starts_with(kind));
    if undefined.iter().any(|u| u.reason == Reason::NoOutputs) {
        return Some("give --outputs FILE, as tf-outputs --out writes it".to_owned());
    }
    let unfit = |u: &Undefined| matches!(u.reason, Reason::Unfit { .. });
    if undefined.iter().all(unfit) {
        return Some("a text that is meant as it stands is written $${…}".to_owned());
    }
    match other_outputs {
        Some(file) if of("${tf.") => Some(format!("the outputs are those of {file}")),
        _ if of("${env.") => Some("set the variable for this step".to_owned()),
        _ if of("${image.") => Some("give --image CONTAINER=URI".to_owned()),
        _ => None,
    }
}

fn edit_hint(error: &EditError) -> Option<String> {
    match error {
        EditError::NoContainer { known, nearest, .. } => {
            let known = format!("there are: {}", known.join(", "));
            Some(match nearest.first() {
                Some(near) => format!("{near} may be meant; {known}"),
                None => known,
            })
        }
        EditError::WhichContainer { known, .. } => {
            let first = known.first().map_or("app", String::as_str);
            Some(format!("name the container, as {first}, or * for all"))
        }
        EditError::NoLogDriver { container, .. } => Some(format!(
            "name the container that is meant, or give --log-driver {container}:awslogs"
        )),
        _ => None,
    }
}
