//! The steps of a run: read the state, select outputs, write them.
//!
//! Decided here: the order, in particular that secrets are masked before anything is written.

use pipeline_io::{Done, Interrupt, Step, write_atomically, write_secret};
use serde::Serialize;

use crate::args::{Args, OutputsRequest};
use crate::select::{SelectedOutput, select};
use crate::write::{self, Format, RenderOptions};
use crate::{Error, secrets};

/// The `data` of the result file: names, never values.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    source: String,
    names: Vec<&'a str>,
    omitted_sensitive: &'a [String],
}

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let request = args.request(|name| std::env::var(name).ok())?;
    Ok(write_outputs(&request, step).await?)
}

async fn write_outputs(request: &OutputsRequest, step: &Step) -> Result<Done, Error> {
    let location = request.source.location.to_string();
    let document = request.source.read(step).await?;
    let selected = select(document.outputs, &request.selection)?;
    step.data(&Data {
        source: location.clone(),
        names: selected
            .outputs
            .iter()
            .map(|output| output.name.as_str())
            .collect(),
        omitted_sensitive: &selected.omitted_sensitive,
    });

    // Everything is rendered before anything is written, so an error leaves no incomplete output.
    let text = write::render(&selected.outputs, &request.options)?;
    let ci_outputs = write::ci_outputs(&selected.outputs, &request.options)?;
    if let Some(limit) = step.ci().host().outputs_limit() {
        write::check_size(&ci_outputs, limit)?;
    }
    let environment = if request.github_env {
        write::environment(&selected.outputs, &request.options)?
    } else {
        Vec::new()
    };
    secrets::mask(
        &selected.outputs,
        &escaped_secrets(&selected.outputs, &request.options),
        step,
    );

    report(
        request,
        &location,
        &selected.outputs,
        &selected.omitted_sensitive,
        step,
    );
    for (name, value) in ci_outputs {
        step.output(name, value);
    }
    for (name, value) in environment {
        step.environment(name, value);
    }
    match &request.out {
        Some(path) => {
            let is_secret = selected.outputs.iter().any(|output| output.sensitive);
            if is_secret {
                write_secret(path, text.as_bytes())?
            } else {
                write_atomically(path, text.as_bytes())?
            }
            Ok(Done::document("read", ""))
        }
        None => Ok(Done::document("read", text)),
    }
}

/// Returns the sensitive values in the escaped form of this format.
fn escaped_secrets(outputs: &[SelectedOutput], options: &RenderOptions) -> Vec<String> {
    let sensitive = outputs.iter().filter(|output| output.sensitive);
    let singly = sensitive.filter_map(|output| {
        let text = write::render(std::slice::from_ref(output), options).ok()?;
        let value = text
            .split_once('=')
            .map(|(_, value)| value.trim_end().to_owned());
        value.filter(|value| !value.is_empty())
    });
    match options.format {
        // The JSON-escaped form of each value is always masked.
        Format::Json => Vec::new(),
        Format::Dotenv | Format::Shell | Format::Properties => singly.collect(),
    }
}

fn report(
    request: &OutputsRequest,
    location: &str,
    outputs: &[SelectedOutput],
    omitted: &[String],
    step: &Step,
) {
    let count = match outputs.len() {
        1 => "1 output".to_owned(),
        count => format!("{count} outputs"),
    };
    match &request.out {
        Some(path) => step.info(format!(
            "{count} of {location} written to {}",
            path.display()
        )),
        None => step.info(format!("{count} of {location}")),
    }
    if request.github_env && !step.ci().host().sets_environment() {
        step.warn("--github-env has no effect: this is not a GitHub Actions job");
    }
    if !omitted.is_empty() {
        step.info(format!(
            "omitted because they are sensitive: {}",
            omitted.join(", ")
        ));
    }
    if request.options.format == Format::Dotenv && request.options.json_variable.is_none() {
        let expands =
            |output: &&SelectedOutput| output.value.as_str().is_some_and(|text| text.contains('$'));
        for output in outputs.iter().filter(expands) {
            step.warn(format!(
                "output `{}` contains a `$`, which GitLab expands in later jobs (--json-variable NAME avoids this)",
                output.name
            ));
        }
    }
}
