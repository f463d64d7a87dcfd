//! What the arguments say, checked: where the definition comes from, what is made of it.

use std::path::PathBuf;

use ecs_document::lints::Code;
use ecs_document::nearest;
use ecs_model::is_arn;

use crate::flags::{self, Wanted};
use crate::{Args, Error};

/// Where a task definition comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, `-` for stdin.
    File(PathBuf),
    /// A family, a family and revision, or an ARN, as DescribeTaskDefinition takes it.
    Registered(String),
    /// What a service runs.
    Service {
        cluster: Option<String>,
        service: String,
    },
}

/// The plan.
#[derive(Debug)]
pub struct Plan {
    pub source: Source,
    pub outputs: Option<PathBuf>,
    /// `${image.CONTAINER}`.
    pub images: Vec<(String, String)>,
    pub wanted: Vec<Wanted>,
    pub checks: Checks,
    pub out: Option<PathBuf>,
}

/// What is looked for, and what is made of it.
#[derive(Debug)]
pub struct Checks {
    pub diff: Option<Other>,
    pub exit_code: bool,
    pub show_values: bool,
    pub strict: bool,
    pub ignore: Vec<Code>,
    /// The region that is deployed to, where it is known.
    pub region: Option<String>,
}

/// What the rendered definition is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// As the flag says it.
    pub called: String,
    pub source: Source,
}

impl Plan {
    /// Checks everything that needs neither a file nor the network.
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
            nearest: nearest(name, Code::ALL.iter().map(|c| c.as_str())),
        })
    });
    let diff = args.diff.as_ref().map(|called| {
        let source = match (called.as_str(), &args.service) {
            ("live", None) => return Err(Error::NothingLive),
            ("live", Some(service)) => Source::Service {
                cluster: args.cluster.clone(),
                service: service.clone(),
            },
            (named_source, _) => named(named_source),
        };
        let called = called.clone();
        Ok(Other { called, source })
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

/// A name with a dot or a slash is a file, an ARN is one, and all else is a family.
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
