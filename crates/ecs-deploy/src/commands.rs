//! What else there is to do with a service: roll it back, let a deployment go on, stop one,
//! delete the service, write its files. Each finds out first what there is, and does nothing twice.

mod delete;
mod init;
mod rollback;
mod steer;
mod verify;

use std::path::Path;

use ecs_model::DeploymentRef;
use pipeline_aws::Session;
use pipeline_io::{Done, Step, read_text};
use serde_json::Value;

use crate::args::{Args, Command, DeploymentArgs};
use crate::ask::Ask;
use crate::declare::{Outputs, Sources, declare};
use crate::error::Error;
use crate::plan::live::Declared;
use crate::report::Data;

/// The largest result file that is read, in bytes.
const RESULT_LIMIT: u64 = 16 << 20;

/// What a command works with.
pub struct Desk<'a> {
    pub args: &'a Args,
    pub ask: Ask,
    pub session: Session,
    pub service: Declared,
    pub step: &'a Step,
}

impl Desk<'_> {
    /// Ends with a word, the deployment that it is about, and a sentence.
    fn done(&self, mut data: Data, word: &'static str, said: &str) -> Done {
        let (word, said) = match self.args.target.dry_run {
            true => ("planned", format!("dry run, nothing was done: {said}")),
            false => (word, said.to_owned()),
        };
        self.step.note(said);
        data.action = Some(word);
        data.leave(self.step);
        let name = data.handle.as_ref().and_then(DeploymentRef::name);
        Done::value(word, name.unwrap_or_default())
    }
}

pub async fn run(
    args: &Args,
    command: Command,
    outputs: Option<Outputs>,
    step: &Step,
) -> Result<Done, Error> {
    if args.deploy.task_definition.is_some() || args.deploy.service_definition.is_some() {
        return Err(Error::Usage {
            message: "--task-definition and --service-definition belong to a deployment, not to a \
                      subcommand"
                .into(),
            hint: "ecs-deploy --help lists the subcommands and what they take".into(),
        });
    }
    // It reads the files itself, and works on no deployment.
    if let Command::Verify(how) = &command {
        return verify::run(args, how, outputs, step).await;
    }
    let handle = match &command {
        Command::Rollback(which) | Command::Stop(which) => named(which)?,
        Command::Continue(which) => named(&which.which)?,
        Command::Delete(_) | Command::Init(_) | Command::Verify(_) => None,
    };
    // A deployment's ARN says where it belongs; a flag wins.
    let home = handle.as_ref().and_then(DeploymentRef::home);
    let (cluster, service) = home.map(|h| (h.cluster, h.service)).unzip();
    let declaration = declare(Sources {
        outputs: outputs.clone(),
        cluster: args.target.cluster.clone().or(cluster),
        service: args.target.service.clone().or(service),
        ..Sources::default()
    })?;
    let mut service = declaration.service;
    service.definition.clear();
    let session = Session::open(&args.aws, step).await?;
    let ask = Ask::new(&session, &service);
    Data::of(&service, session.region()).leave(step);
    let desk = Desk {
        args,
        ask,
        session,
        service,
        step,
    };
    match command {
        Command::Rollback(_) => rollback::run(&desk, handle).await,
        Command::Continue(which) => steer::go_on(&desk, handle, which.hook.as_deref()).await,
        Command::Stop(_) => steer::stop(&desk, handle).await,
        Command::Delete(how) => delete::run(&desk, how.timeout).await,
        Command::Init(how) => init::run(&desk, &how, outputs).await,
        Command::Verify(how) => verify::run(args, &how, outputs, step).await,
    }
}

/// The deployment that is named: an ARN, an id, or a result file.
fn named(which: &DeploymentArgs) -> Result<Option<DeploymentRef>, Error> {
    let Some(text) = which.deployment.as_deref() else {
        return Ok(None);
    };
    let wrong = |e: ecs_model::ParseDeploymentRefError| Error::Usage {
        message: format!("--deployment {text}: {e}"),
        hint: "give an ARN, ecs-svc/ID, or results/ecs-deploy.json".into(),
    };
    let path = Path::new(text);
    if !path.is_file() {
        return text.parse().map(Some).map_err(wrong);
    }
    let document = read_text("result", path, RESULT_LIMIT)?;
    let document: Value = serde_json::from_str(&document).map_err(|e| Error::Usage {
        message: format!("--deployment {text} is not JSON: {e}"),
        hint: "give the result file that --results wrote".into(),
    })?;
    DeploymentRef::from_document(&document)
        .map(Some)
        .map_err(wrong)
}
