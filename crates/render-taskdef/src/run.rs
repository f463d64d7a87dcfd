//! The story: read the definition, fill it in, edit it, look it over, write it.

use ecs_document::Document;
use ecs_document::edits::{self, Edit, NothingToUnset, Scope};
use ecs_document::model::Kind;
use ecs_document::placeholders::{self, About, Remark};
use pipeline_io::{Done, Interrupt, Severity, Step, write_atomically};
use serde::Serialize;

use crate::error::place;
use crate::plan::{Plan, Wanted};
use crate::source::{Aws, Loaded, load};
use crate::values::{edits as edits_of, values};
use crate::{Args, Error};

/// The verb's part of the result file. Values of the environment are never in it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    /// Where the rendered definition was written.
    file: Option<String>,
    family: Option<String>,
    containers: Vec<Container>,
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
    if is_template {
        drop_images_only_named(&document, &mut plan);
        fill_in(&mut document, &plan, step)?;
    }
    let edits = edits_of(&plan, &aws).await?;
    let nothing = edits::apply(&mut document, &edits).map_err(|source| Error::Edit {
        file: document.name().to_owned(),
        source,
    })?;
    for one in &nothing {
        warn_of_nothing(one, step);
    }
    let rendered = pretty(&document);
    let mut data = Data {
        file: None,
        family: document.value()["family"].as_str().map(str::to_owned),
        containers: images(&document),
    };
    if let Some(family) = &data.family {
        step.output("family", family);
    }
    let done = match &plan.out {
        Some(path) => {
            write_atomically(path, rendered.as_bytes())?;
            data.file = Some(path.display().to_string());
            step.output("task-definition", path.display().to_string());
            Done::value("rendered", "")
        }
        None => Done::value("rendered", rendered),
    };
    step.data(&data);
    Ok(done)
}

fn fill_in(document: &mut Document, plan: &Plan, step: &Step) -> Result<(), Error> {
    let values = values(plan)?;
    let remarks =
        placeholders::resolve(document, Kind::TaskDefinition, &values).map_err(|undefined| {
            Error::Undefined {
                file: document.name().to_owned(),
                undefined,
                other_outputs: plan.outputs.as_ref().map(|path| path.display().to_string()),
            }
        })?;
    for remark in &remarks {
        warn_of_placeholder(remark, document.name(), step);
    }
    Ok(())
}

/// `--image NAME=URI` where NAME is no container but `${image.NAME}` is used: a value, no edit.
fn drop_images_only_named(document: &Document, plan: &mut Plan) {
    let text = document.value().to_string();
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

fn warn_of_placeholder(remark: &Remark, file: &str, step: &Step) {
    let what = match remark.about {
        About::UnknownKind => "is of no kind known here (tf, env, image) and stays as it is",
        About::EmptyVariable => "is a variable that is set to nothing",
    };
    let message = format!("{} {what}", remark.written);
    step.annotate(
        Severity::Warning,
        place(file, remark.place).as_ref(),
        &message,
    );
}

fn warn_of_nothing(nothing: &NothingToUnset, step: &Step) {
    step.warn(format!(
        "container {} has no {} {} to take away",
        nothing.container, nothing.what, nothing.name
    ));
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

fn pretty(document: &Document) -> String {
    let mut text = format!("{:#}", document.value());
    text.push('\n');
    text
}
