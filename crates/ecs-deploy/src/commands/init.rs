//! Writes the two files from what runs: the way in for a service that is there already.

use std::path::Path;

use ecs_model::short_name;
use pipeline_io::{Done, write_atomically};
use serde_json::{Map, Value};

use super::Desk;
use crate::args::InitArgs;
use crate::declare::Outputs;
use crate::error::Error;
use crate::observe::current_revision;
use crate::plan::live::Live;
use crate::plan::portrait;
use crate::report::{Data, Revision};

pub async fn run(desk: &Desk<'_>, how: &InitArgs, outputs: Option<Outputs>) -> Result<Done, Error> {
    let live = desk
        .ask
        .service()
        .await?
        .filter(|s| s["status"] == "ACTIVE");
    let service = live.ok_or_else(|| Error::NoService {
        service: desk.service.service.clone(),
        cluster: desk.service.cluster.clone(),
    })?;
    let arn = service["taskDefinition"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let described = desk.ask.revision(&arn).await?;
    let described = described.ok_or_else(|| Error::NoRevision { name: arn.clone() })?;
    let revision = match current_revision(&service) {
        Some(arn) => desk.ask.service_revision(arn).await?,
        None => None,
    };
    let outputs: Map<String, Value> = outputs.unwrap_or_default();
    let live = Live {
        service: &service,
        revision: revision.as_ref(),
    };
    let files = [
        (
            how.dir.join("taskdef.json"),
            portrait::task_definition(&described, &outputs),
        ),
        (
            how.dir.join("service.json"),
            portrait::service(live, &outputs),
        ),
    ];
    let mut data = Data::of(&desk.service, &desk.ask.region);
    data.task_definition = Some(Revision {
        arn: arn.clone(),
        registered: false,
    });
    let names: Vec<String> = files
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    if !desk.args.target.dry_run {
        // Both or none: a file that is there is looked for before one is written.
        if let Some((path, _)) = files
            .iter()
            .find(|(path, _)| path.exists() && !how.overwrite)
        {
            return Err(taken(path));
        }
        for (path, value) in &files {
            let text = format!("{value:#}\n");
            write_atomically(path, text.as_bytes())?;
        }
    }
    let said = format!(
        "{} and its service as files: {}",
        short_name(&arn),
        names.join(", ")
    );
    let done = desk.done(data, "written", &said);
    Ok(Done::value(done.verdict, names.join("\n")))
}

fn taken(path: &Path) -> Error {
    Error::Usage {
        message: format!("{} is there already", path.display()),
        hint: "--overwrite replaces it, --dir DIR writes elsewhere".into(),
    }
}
