//! `init`: writes the two definitions of a running service, so that an existing service can be
//! deployed with this program.

use ecs_model::short_name;
use std::path::Path;

use pipeline_io::{Done, write_atomically};

use crate::context::CommandContext;
use crate::error::Error;
use crate::observe::current_revision;
use crate::plan::export;
use crate::plan::live::LiveService;
use crate::report::Revision;
use crate::request::InitRequest;

pub async fn run(context: &CommandContext<'_>, request: &InitRequest) -> Result<Done, Error> {
    let live = context.describe_service().await?;
    let live = live.filter(|s| s["status"] == "ACTIVE");
    let service = live.ok_or_else(|| context.no_service())?;
    let arn = service["taskDefinition"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let described = context.task_definition(&arn).await?;
    let described = described.ok_or_else(|| Error::NoRevision { name: arn.clone() })?;
    let revision = match current_revision(&service) {
        Some(arn) => context.service_revision(arn).await?,
        None => None,
    };
    let outputs = &request.outputs;
    let live = LiveService {
        service: &service,
        revision: revision.as_ref(),
    };
    let files = [
        (
            request.dir.join("taskdef.json"),
            export::task_definition(&described, outputs),
        ),
        (
            request.dir.join("service.json"),
            export::service(live, outputs),
        ),
    ];
    let mut data = context.data();
    data.task_definition = Some(Revision {
        arn: arn.clone(),
        registered: false,
    });
    let names: Vec<String> = files
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    if !context.dry_run {
        // Write both files or neither: look for existing files before writing the first one.
        if let Some((path, _)) = files
            .iter()
            .find(|(path, _)| path.exists() && !request.overwrite)
        {
            return Err(taken(path));
        }
        for (path, value) in &files {
            let text = format!("{value:#}\n");
            write_atomically(path, text.as_bytes())?;
        }
    }
    let verb = if context.dry_run {
        "would write"
    } else {
        "wrote"
    };
    let sentence = format!("{verb} {} from {}", names.join(" and "), short_name(&arn));
    let done = context.done(data, "written", &sentence);
    Ok(Done::value(done.verdict, names.join("\n")))
}

fn taken(path: &Path) -> Error {
    Error::Usage {
        message: format!("{} already exists", path.display()),
        hint: "use --overwrite to replace it, or --dir DIR to write elsewhere".into(),
    }
}
