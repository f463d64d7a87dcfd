//! The validated arguments: where the definition comes from, how to edit it, how to check it.

use std::path::PathBuf;

use ecs_document::edits::Edit;
use ecs_document::lints::LintCode;
use ecs_document::nearest;
use ecs_model::is_arn;

use crate::flags::{self, RequestedEdit};
use crate::{Args, Error};

/// Where a task definition comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, or `-` for stdin.
    File(PathBuf),
    /// FAMILY, FAMILY:REVISION or an ARN, which DescribeTaskDefinition accepts.
    Registered(String),
    /// The task definition that a service runs.
    Service {
        cluster: Option<String>,
        service: String,
    },
}

/// The validated arguments.
#[derive(Debug)]
pub struct RenderRequest {
    pub source: Source,
    pub outputs: Option<PathBuf>,
    /// The values of `${image.CONTAINER}`.
    pub images: Vec<(String, String)>,
    pub wanted: Vec<RequestedEdit>,
    pub checks: Checks,
    pub out: Option<PathBuf>,
}

/// How to check and compare the definition.
#[derive(Debug)]
pub struct Checks {
    /// The definition to compare the rendered one with.
    pub diff: Option<Source>,
    pub exit_code: bool,
    pub show_values: bool,
    pub strict: bool,
    pub ignore: Vec<LintCode>,
    /// The region of the deployment; `None` if unknown.
    pub region: Option<String>,
}

impl RenderRequest {
    /// The first image that was given without the name of a container.
    pub fn unassigned_image(&self) -> Option<&str> {
        self.wanted.iter().find_map(|edit| match edit {
            RequestedEdit::Edit(Edit::Image { scope: None, uri }) => Some(uri.as_str()),
            _ => None,
        })
    }

    /// Checks everything that needs neither a file nor the network.
    ///
    /// # Errors
    /// The first argument that is invalid or missing.
    pub fn new(args: &Args) -> Result<Self, Error> {
        let source = source(args)?;
        let (wanted, images) = flags::read(args)?;
        Ok(Self {
            source,
            outputs: args.outputs.clone(),
            images,
            wanted,
            checks: checks(args)?,
            out: args.out.clone(),
        })
    }
}

fn checks(args: &Args) -> Result<Checks, Error> {
    let ignore = args.ignore.iter().map(|name| {
        let name = name.trim();
        name.parse().map_err(|_| Error::NoSuchCode {
            name: name.to_owned(),
            nearest: nearest(name, LintCode::ALL.iter().map(|c| c.as_str())),
        })
    });
    let diff = args.diff.as_ref().map(|name| {
        Ok(match (name.as_str(), &args.service) {
            ("live", None) => return Err(Error::NothingLive),
            ("live", Some(service)) => Source::Service {
                cluster: args.cluster.clone(),
                service: service.clone(),
            },
            (name, _) => named(name),
        })
    });
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    Ok(Checks {
        diff: diff.transpose()?,
        exit_code: args.exit_code,
        show_values: args.show_values,
        strict: args.strict,
        ignore: ignore.collect::<Result<_, _>>()?,
        region: args
            .aws
            .region
            .clone()
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION")),
    })
}

fn source(args: &Args) -> Result<Source, Error> {
    let service = args.service.as_ref().map(|service| Source::Service {
        cluster: args.cluster.clone(),
        service: service.clone(),
    });
    match &args.task_definition {
        Some(text) => Ok(named(text)),
        None => service.ok_or(Error::NoSource),
    }
}

/// A name with a dot or a slash is a file. An ARN and all other names are registered definitions.
pub fn named(text: &str) -> Source {
    let is_family = !text.is_empty()
        && text != "-"
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':'));
    if is_arn(text) || is_family {
        Source::Registered(text.to_owned())
    } else {
        Source::File(text.into())
    }
}
