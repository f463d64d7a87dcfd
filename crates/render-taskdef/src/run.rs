//! The steps: load the definition, fill it in, edit it, check it, compare it, write it.

use std::cell::LazyCell;

use ecs_document::Document;
use ecs_document::edits::{self, Edit, Scope};
use ecs_document::model::DocumentKind;
use ecs_document::placeholders::{self, PlaceholderRemark};
use pipeline_io::{Done, Exit, Format, Interrupt, Step, write_atomically};
use serde::Serialize;

use crate::compare::compare;
use crate::findings::{Finding, Findings};
use crate::flags::RequestedEdit;
use crate::request::RenderRequest;
use crate::source::{Aws, Loaded, load};
use crate::values::{edits as edits_of, values};
use crate::{Args, Error};

/// The verb's part of the result file. It never contains values of variables.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    /// The path of the rendered definition.
    file: Option<String>,
    family: Option<String>,
    containers: Vec<Container>,
    lints: Vec<Finding>,
    /// Lines of a `diff` block: empty without differences, null without a comparison.
    diff: Option<String>,
}

#[derive(Debug, Serialize)]
struct Container {
    name: String,
    image: Option<String>,
}

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let mut request = RenderRequest::new(&args)?;
    let aws = Aws::new(&args.aws, step);
    let Loaded {
        mut document,
        is_template,
        is_fargate,
    } = load(&request.source, &aws).await?;
    let mut remarks = Vec::new();
    if is_template {
        drop_image_values(&document, &mut request);
        remarks = fill_in(&mut document, &request)?;
    }
    let edits = edits_of(&request, &aws).await?;
    let file = document.name().to_owned();
    let (document, nothing) =
        edits::apply(document, &edits).map_err(|source| Error::Edit { file, source })?;
    let findings = Findings::of(&document, &remarks, &nothing, is_fargate, &request.checks);
    let mut data = Data {
        family: document.value()["family"].as_str().map(str::to_owned),
        containers: images(&document),
        lints: findings.for_result(),
        ..Data::default()
    };
    step.data(&data);
    findings.report(step)?;

    let family = data.family.clone().unwrap_or_default();
    let mut is_different = false;
    if let Some(other) = &request.checks.diff {
        let compared = compare(&document, other, &request.checks, &aws, step).await?;
        if let Some(compared) = &compared {
            compared.show(&family, step);
            data.diff = Some(compared.for_result());
        }
        // If there is nothing to compare with, everything is new.
        is_different = compared.is_none_or(|c| c.is_different());
    }

    let rendered = document.to_pretty_json();
    // The process is about to end, and freeing all values would take a tenth of its time.
    std::mem::forget(document);
    let mut done = match &request.out {
        Some(path) => {
            write_atomically(path, rendered.as_bytes())?;
            data.file = Some(path.display().to_string());
            step.output("task-definition", path.display().to_string());
            Done::value("rendered", "")
        }
        None => {
            if args.step.format == Format::Json {
                step.warn(
                    "--format json prints the result, not the definition; add --out FILE to write the definition",
                );
            }
            Done::value("rendered", rendered)
        }
    };
    step.output("family", family);
    step.data(&data);
    if request.checks.exit_code && is_different {
        done.exit = Exit::Failed;
    }
    Ok(done)
}

fn fill_in(
    document: &mut Document,
    request: &RenderRequest,
) -> Result<Vec<PlaceholderRemark>, Error> {
    let values = values(request)?;
    placeholders::resolve(document, DocumentKind::TaskDefinition, &values).map_err(|undefined| {
        Error::Undefined {
            file: document.name().to_owned(),
            undefined,
            other_outputs: request
                .outputs
                .as_ref()
                .map(|path| path.display().to_string()),
            unassigned_image: request.unassigned_image().map(str::to_owned),
        }
    })
}

/// Drops `--image NAME=URI` from the edits if NAME is not a container but `${image.NAME}` is used:
/// then it is only a value.
fn drop_image_values(document: &Document, request: &mut RenderRequest) {
    let text = LazyCell::new(|| document.value().to_string());
    let is_container = |name: &String| edits::containers(document.value()).any(|(n, _)| n == name);
    for wanted in &mut request.wanted {
        if let RequestedEdit::Edit(Edit::Image {
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
