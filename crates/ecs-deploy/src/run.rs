//! Runs the program: validates the request, opens the session, and calls the command.

use pipeline_io::{Done, Interrupt, Step};

use crate::args::Args;
use crate::commands::{continue_, delete, deploy, init, rollback, stop, verify};
use crate::context::CommandContext;
use crate::error::Error;
use crate::request::{CommandRequest, Request};

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    dispatch(&args, step).await.map_err(Into::into)
}

async fn dispatch(args: &Args, step: &Step) -> Result<Done, Error> {
    let Request {
        cluster,
        service,
        dry_run,
        command,
    } = Request::load(args, step)?;
    let context = CommandContext::open(&args.aws, cluster, service, dry_run, step).await?;
    context.data().publish(step);
    match command {
        CommandRequest::Deploy(request) => deploy::run(&context, &request).await,
        CommandRequest::Rollback(request) => rollback::run(&context, request).await,
        CommandRequest::Continue(request) => continue_::run(&context, request).await,
        CommandRequest::Stop { deployment } => stop::run(&context, deployment).await,
        CommandRequest::Delete { timeout } => delete::run(&context, timeout).await,
        CommandRequest::Init(request) => init::run(&context, &request).await,
        CommandRequest::Verify(request) => verify::run(&context, &request).await,
    }
}
