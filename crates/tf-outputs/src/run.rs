//! The story: from the arguments to the outputs, written where they were wanted.

use pipeline_io::{Done, Interrupt, Step, write_atomically, write_secret};
use serde::Serialize;

use crate::args::{Args, Plan};
use crate::select::{Chosen, select};
use crate::write::{self, Format, Style};
use crate::{Error, secrets};

/// The verb's part of the result file: names, never values.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    source: String,
    names: Vec<&'a str>,
    omitted_sensitive: &'a [String],
}

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let plan = args.plan(|name| std::env::var(name).ok())?;
    Ok(give(&plan, step).await?)
}

async fn give(plan: &Plan, step: &Step) -> Result<Done, Error> {
    let place = plan.source.place.to_string();
    let document = plan.source.read(step).await?;
    let selected = select(document.outputs, &plan.selection)?;
    step.data(&Data {
        source: place.clone(),
        names: selected
            .outputs
            .iter()
            .map(|output| output.name.as_str())
            .collect(),
        omitted_sensitive: &selected.omitted_sensitive,
    });

    // Everything is written in memory first: what cannot be written leaves nothing behind.
    let text = write::render(&selected.outputs, &plan.style)?;
    let ci_outputs = write::ci_outputs(&selected.outputs, &plan.style)?;
    if let Some(limit) = step.ci().host().outputs_limit() {
        write::check_size(&ci_outputs, limit)?;
    }
    let environment = if plan.github_env {
        write::environment(&selected.outputs, &plan.style)?
    } else {
        Vec::new()
    };
    secrets::mask(
        &selected.outputs,
        &escaped(&selected.outputs, &plan.style),
        step,
    );

    say(
        plan,
        &place,
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
    match &plan.out {
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

/// The sensitive outputs as this format writes them.
fn escaped(outputs: &[Chosen], style: &Style) -> Vec<String> {
    let sensitive = outputs.iter().filter(|output| output.sensitive);
    let singly = sensitive.filter_map(|output| {
        let text = write::render(std::slice::from_ref(output), style).ok()?;
        let value = text
            .split_once('=')
            .map(|(_, value)| value.trim_end().to_owned());
        value.filter(|value| !value.is_empty())
    });
    match style.format {
        // The JSON-escaped form of each value is masked anyway.
        Format::Json => Vec::new(),
        Format::Dotenv | Format::Shell | Format::Properties => singly.collect(),
    }
}

fn say(plan: &Plan, place: &str, outputs: &[Chosen], omitted: &[String], step: &Step) {
    let count = match outputs.len() {
        1 => "1 output".to_owned(),
        count => format!("{count} outputs"),
    };
    match &plan.out {
        Some(path) => step.info(format!("{count} of {place} written to {}", path.display())),
        None => step.info(format!("{count} of {place}")),
    }
    if plan.github_env && !step.ci().host().sets_environment() {
        step.warn("--github-env sets nothing: this is no job of GitHub Actions");
    }
    if !omitted.is_empty() {
        step.info(format!("left out, since sensitive: {}", omitted.join(", ")));
    }
    if plan.style.format == Format::Dotenv && plan.style.json_variable.is_none() {
        let expands =
            |output: &&Chosen| output.value.as_str().is_some_and(|text| text.contains('$'));
        for output in outputs.iter().filter(expands) {
            step.warn(format!(
                "output `{}` holds a `$`: GitLab expands what follows it in later jobs (--json-variable does not have that problem)",
                output.name
            ));
        }
    }
}
