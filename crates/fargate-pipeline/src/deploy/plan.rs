//! From settings and facts to the command line of each step.
//!
//! Decided here: the order of sources for cluster, service, repository and container. Pure: what the live
//! service and the state contain is read elsewhere.

use std::ffi::OsString;
use std::path::Path;

use clap::{Args as _, FromArgMatches as _};
use pipeline_aws::AwsArgs;
use serde_json::{Map, Value};

use crate::config::settings::{Origin, Settings};
use crate::deploy::error::Error;
use crate::deploy::live::{self, LiveService};

/// What is known besides the settings.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The outputs of the Terraform state.
    pub outputs: Map<String, Value>,
    /// The service definition, as written.
    pub service_definition: Option<Value>,
    /// The task definition file, as written.
    pub task_definition: Option<Value>,
    pub live: Option<LiveService>,
}

impl Facts {
    fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).and_then(Value::as_str)
    }
}

/// Whether a state is named.
pub(crate) fn has_state(settings: &Settings) -> bool {
    ["state", "from-backend"]
        .iter()
        .any(|flag| settings.get(flag).is_some())
}

/// Whether an image is pushed: not with `--source none`, nor with an `--image` for no container.
pub(crate) fn pushes(settings: &Settings) -> bool {
    settings.get("source") != Some("none")
        && !settings.list("image").iter().any(|image| is_whole(image))
}

/// Whether the image is built first.
pub(crate) fn builds(settings: &Settings) -> bool {
    pushes(settings) && settings.get("source").is_none()
}

/// Whether `--image` names no container.
fn is_whole(image: &str) -> bool {
    !image.contains('=')
}

/// The cluster or the service: from the settings, the service definition, or the outputs. A name with
/// placeholders is not known before ecs-deploy fills them in.
pub(crate) fn target<'f>(
    settings: &'f Settings,
    facts: &'f Facts,
    flag: &'static str,
) -> Option<&'f str> {
    let (member, output) = match flag {
        "cluster" => ("cluster", "ecs_cluster_name"),
        _ => ("serviceName", "ecs_service_name"),
    };
    if let Some(value) = settings.get(flag) {
        return Some(value);
    }
    let definition = facts.service_definition.as_ref();
    match definition.and_then(|definition| definition[member].as_str()) {
        Some(name) => Some(name).filter(|name| !name.contains("${")),
        None => facts.output(output),
    }
}

/// Checks that cluster and service can be known, before anything is read.
///
/// # Errors
/// The first one that no source has.
pub(crate) fn check_target(settings: &Settings, facts: &Facts) -> Result<(), Error> {
    for (what, member) in [("cluster", "cluster"), ("service", "serviceName")] {
        let definition = facts.service_definition.as_ref();
        let is_defined = definition.is_some_and(|definition| definition.get(member).is_some());
        if settings.get(what).is_none() && !is_defined && !has_state(settings) {
            return Err(Error::NoTarget { what });
        }
    }
    Ok(())
}

/// Whether the live service has to be read.
pub(crate) fn needs_live(settings: &Settings, facts: &Facts) -> bool {
    let has_repository =
        settings.get("repository").is_some() || facts.output("ecr_repository_name").is_some();
    settings.get("task-definition").is_none() || (pushes(settings) && !has_repository)
}

/// Adds what the outputs and the live service show.
///
/// # Errors
/// If the repository cannot be derived from the image of the live service.
pub(crate) fn complete(settings: &mut Settings, facts: &Facts) -> Result<(), Error> {
    for (flag, output) in [
        ("region", "aws_region"),
        ("repository", "ecr_repository_name"),
        ("container", "container_name"),
    ] {
        if let Some(value) = facts.output(output) {
            settings.fill(flag, vec![value.to_owned()], Origin::Output(output));
        }
    }
    let live = facts.live.as_ref();
    if let Some(container) = live.and_then(LiveService::container)
        && settings.get("task-definition").is_none()
    {
        settings.fill("container", vec![container.to_owned()], Origin::LiveService);
    }
    let definition = facts
        .task_definition
        .as_ref()
        .or(live.map(|live| &live.task_definition));
    if let Some(platform) = definition.and_then(live::platform) {
        settings.fill("platform", vec![platform.to_owned()], Origin::LiveService);
    }
    if pushes(settings) && settings.get("repository").is_none() {
        let repository = live_repository(settings, live)?;
        settings.fill("repository", vec![repository], Origin::LiveService);
    }
    Ok(())
}

fn live_repository(settings: &Settings, live: Option<&LiveService>) -> Result<String, Error> {
    let unknown = |why: String| Error::Unknown {
        what: "repository",
        why,
        hint: "set --repository, or write `repository: NAME` into fargate.yml",
    };
    let live = live.ok_or_else(|| unknown("the service does not exist yet".to_owned()))?;
    let container = settings.get("container").or_else(|| live.container());
    let container = container.ok_or_else(|| {
        unknown("the live service has several containers and no load balancer".to_owned())
    })?;
    let image = live
        .image(container)
        .ok_or_else(|| unknown(format!("the live service has no container {container}")))?;
    match image.ecr() {
        Some(_) => Ok(image.name().to_owned()),
        // An emulator's registry has a host of its own.
        None if settings.get("endpoint-url").is_some() => Ok(image.repository()),
        None => Err(unknown(format!(
            "container {container} runs {}, which is not in ECR",
            image.as_str()
        ))),
    }
}

/// How to access AWS, for what is read before the first step.
///
/// # Errors
/// If a value is invalid.
pub(crate) fn aws(settings: &Settings, facts: &Facts) -> Result<AwsArgs, pipeline_io::Error> {
    let command = AwsArgs::augment_args(clap::Command::new("deploy"));
    let region = settings.get("region").or(facts.output("aws_region"));
    let own = [("region", region.map(str::to_owned).into_iter().collect())];
    let matches = command
        .clone()
        .try_get_matches_from(settings.argv(&command, &own));
    let parsed = matches.and_then(|matches| AwsArgs::from_arg_matches(&matches));
    parsed.map_err(|error| {
        Error::Access {
            message: error.to_string(),
        }
        .into()
    })
}

/// The files that the steps hand on, in the directory of the results.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Files<'a>(pub &'a Path);

impl Files<'_> {
    fn at(self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub fn outputs(self) -> String {
        self.at("outputs.json")
    }

    pub fn task_definition(self) -> String {
        self.at("task-definition.json")
    }

    pub fn archive(self) -> String {
        self.at("image.tar")
    }

    fn results(self) -> (&'static str, Vec<String>) {
        ("results", vec![self.0.display().to_string()])
    }
}

/// The outputs file as a flag, if there is a state.
fn outputs(settings: &Settings, files: Files<'_>) -> (&'static str, Vec<String>) {
    let file = has_state(settings).then(|| files.outputs());
    ("outputs", file.into_iter().collect())
}

pub(crate) fn tf_outputs(settings: &Settings, files: Files<'_>) -> Vec<OsString> {
    let own = [files.results(), ("out", vec![files.outputs()])];
    settings.argv(&tf_outputs::command(), &own)
}

pub(crate) fn ecr_push(settings: &Settings, files: Files<'_>, source: &str) -> Vec<OsString> {
    let own = [files.results(), ("source", vec![source.to_owned()])];
    settings.argv(&ecr_push::command(), &own)
}

/// `pushed` is the image by digest, if one was pushed.
pub(crate) fn render_taskdef(
    settings: &Settings,
    files: Files<'_>,
    target: (Option<&str>, Option<&str>),
    pushed: Option<&str>,
) -> Vec<OsString> {
    let with_container = |image: &str| match settings.get("container") {
        Some(container) => format!("{container}={image}"),
        None => image.to_owned(),
    };
    let given = settings.list("image").iter();
    let given = given.map(|image| {
        if is_whole(image) {
            with_container(image)
        } else {
            image.clone()
        }
    });
    let images = pushed
        .map(with_container)
        .into_iter()
        .chain(given)
        .collect();
    let live = |value: Option<&str>| match settings.get("task-definition") {
        Some(_) => Vec::new(),
        None => value.map(str::to_owned).into_iter().collect(),
    };
    let own = [
        files.results(),
        outputs(settings, files),
        ("out", vec![files.task_definition()]),
        ("image", images),
        ("cluster", live(target.0)),
        ("service", live(target.1)),
    ];
    settings.argv(&render_taskdef::command(), &own)
}

pub(crate) fn ecs_deploy(settings: &Settings, files: Files<'_>) -> Vec<OsString> {
    let own = [
        files.results(),
        outputs(settings, files),
        ("task-definition", vec![files.task_definition()]),
    ];
    settings.argv(&ecs_deploy::command(), &own)
}

pub(crate) fn wait_healthy(
    settings: &Settings,
    files: Files<'_>,
    target: (&str, &str),
    deployment: Option<&str>,
) -> Vec<OsString> {
    let own = [
        files.results(),
        ("cluster", vec![target.0.to_owned()]),
        ("service", vec![target.1.to_owned()]),
        (
            "deployment",
            deployment.map(str::to_owned).into_iter().collect(),
        ),
    ];
    settings.argv(&wait_healthy::command(), &own)
}

/// `failed_step` is a failed step that writes no result file.
pub(crate) fn deploy_status(
    settings: &Settings,
    files: Files<'_>,
    failed_step: Option<&str>,
) -> Vec<OsString> {
    let failed = failed_step.map(str::to_owned).into_iter().collect();
    let own = [files.results(), ("failed-step", failed)];
    settings.argv(&deploy_status::command(), &own)
}

/// Checks the command lines of all steps, with placeholders for what earlier steps produce.
///
/// # Errors
/// The first invalid argument.
pub(crate) fn check(settings: &Settings, files: Files<'_>) -> Result<(), pipeline_io::Error> {
    let whole = settings.list("image").iter().find(|image| is_whole(image));
    if let (Some(image), Some(source)) = (whole, settings.get("source"))
        && source != "none"
    {
        return Err(Error::TwoImages {
            given: source.to_owned(),
            image: image.clone(),
        }
        .into());
    }
    if has_state(settings) {
        tf_outputs::check(tf_outputs(settings, files))?;
    }
    let mut known = settings.clone();
    known.fill("repository", vec!["repository".to_owned()], Origin::Default);
    if pushes(settings) {
        let source = settings.get("source").unwrap_or("oci-archive:image.tar");
        ecr_push::check(ecr_push(&known, files, source))?;
    }
    let pushed = pushes(settings).then_some("image");
    let target = (Some("cluster"), Some("service"));
    render_taskdef::check(render_taskdef(settings, files, target, pushed))?;
    ecs_deploy::check(ecs_deploy(settings, files))?;
    let cluster = settings.get("cluster").unwrap_or("cluster");
    let service = settings.get("service").unwrap_or("service");
    wait_healthy::check(wait_healthy(settings, files, (cluster, service), None))?;
    deploy_status::check(deploy_status(settings, files, None))
}

#[cfg(test)]
mod tests;
