//! The story: read the definition, fill it in, edit it, look it over, compare it, write it.

use std::cell::LazyCell;

use ecs_document::Document;
use ecs_document::edits::{self, Edit, Scope};
use ecs_document::model::DocumentKind;
use ecs_document::placeholders::{self, Remark};
use pipeline_io::{Done, Exit, Format, Interrupt, Step, write_atomically};
use serde::Serialize;

use crate::compare::compare;
use crate::findings::{Finding, Findings};
use crate::flags::Wanted;
use crate::plan::Plan;
use crate::source::{Aws, Loaded, load};
use crate::values::{edits as edits_of, values};
use crate::{Args, Error};

/// The verb's part of the result file. Values of variables are never in it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    /// Where the rendered definition was written.
    file: Option<String>,
    family: Option<String>,
    containers: Vec<Container>,
    lints: Vec<Finding>,
    /// Lines of a `diff` block; empty where nothing differs, null where nothing was compared.
    diff: Option<String>,
}

#[derive(Debug, Serialize)]
struct Container {
    name: String,
    image: Option<String>,
}

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let mut plan = Plan::new(&args)?;
    let aws = Aws::new(&args.aws, step);
    let Loaded {
        mut document,
        is_template,
    } = load(&plan.source, &aws).await?;
    let mut remarks = Vec::new();
    if is_template {
        drop_images_only_named(&document, &mut plan);
        remarks = fill_in(&mut document, &plan)?;
    }
    let edits = edits_of(&plan, &aws).await?;
    let file = document.name().to_owned();
    let (document, nothing) =
        edits::apply(document, &edits).map_err(|source| Error::Edit { file, source })?;
    let findings = Findings::of(&document, &remarks, &nothing, &plan.checks);
    let mut data = Data {
        family: document.value()["family"].as_str().map(str::to_owned),
        containers: images(&document),
        lints: findings.for_result(),
        ..Data::default()
    };
    step.data(&data);
    findings.say(step)?;

    let family = data.family.clone().unwrap_or_default();
    let mut is_different = false;
    if let Some(other) = &plan.checks.diff {
        let compared = compare(&document, other, &plan.checks, &aws, step).await?;
        if let Some(compared) = &compared {
            compared.say(&family, step);
            data.diff = Some(compared.for_result());
        }
        // Where there is nothing yet, everything is new.
        is_different = compared.is_none_or(|c| c.is_different());
    }

    let rendered = document.to_pretty_json();
    // The process ends soon: giving the parts back one by one would be a tenth of its work.
    std::mem::forget(document);
    let mut done = match &plan.out {
        Some(path) => {
            write_atomically(path, rendered.as_bytes())?;
            data.file = Some(path.display().to_string());
            step.output("task-definition", path.display().to_string());
            Done::value("rendered", "")
        }
        None => {
            if args.step.format == Format::Json {
                step.warn(
                    "--format json prints the result, not the definition: give --out FILE for that",
                );
            }
            Done::value("rendered", rendered)
        }
    };
    step.output("family", family);
    step.data(&data);
    if plan.checks.exit_code && is_different {
        done.exit = Exit::Failed;
    }
    Ok(done)
}

fn fill_in(document: &mut Document, plan: &Plan) -> Result<Vec<Remark>, Error> {
    let values = values(plan)?;
    placeholders::resolve(document, DocumentKind::TaskDefinition, &values).map_err(|undefined| {
        Error::Undefined {
            file: document.name().to_owned(),
            undefined,
            other_outputs: plan.outputs.as_ref().map(|path| path.display().to_string()),
        }
    })
}

/// `--image NAME=URI` where NAME is no container but `${image.NAME}` is used: a value, no edit.
fn drop_images_only_named(document: &Document, plan: &mut Plan) {
    let text = LazyCell::new(|| document.value().to_string());
    let is_container = |name: &String| edits::containers(document.value()).any(|(n, _)| n == name);
    for wanted in &mut plan.wanted {
        if let Wanted::Edit(Edit::Image {
            scope: Some(Scope::Named(names)),
            ..
        }) = wanted
        {
            names
                .retain(|name| is_container(name) || !text.contains(&format!("${{image.{name}}}")));
        }
    }
}

fn images(document: &Document) -> Vec<Container> {
    edits::containers(document.value())
        .map(|(name, at)| Container {
            name: name.to_owned(),
            image: document
                .get(&format!("{at}/image"))
                .and_then(|image| image.as_str())
                .map(str::to_owned),
        })
        .collect()
}
