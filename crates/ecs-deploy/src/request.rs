//! The command line as a checked request: everything that flags and files say, read before anything
//! is asked of AWS. Raw flags end here.

mod one_off;

use std::path::{Path, PathBuf};
use std::time::Duration;

use ecs_model::{DeploymentRef, ParseDeploymentRefError, family_of};
use pipeline_io::{Step, read_text};
use serde_json::Value;

use crate::args::{
    Args, Command, DeployArgs, DeploymentArgs, IfInProgress, TargetArgs, VerifyArgs, Wanted,
};
use crate::declare::{Declaration, Outputs, Sources, declare};
use crate::documents;
use crate::error::Error;
use crate::plan::declaration::ServiceDeclaration;

pub use one_off::OneOffTasks;

/// The largest result file that is read, in bytes.
const RESULT_LIMIT: u64 = 16 << 20;

/// What is asked for.
pub struct Request {
    /// The cluster's name or ARN.
    pub cluster: String,
    pub service: String,
    /// Nothing is changed; what would be done is shown.
    pub dry_run: bool,
    pub command: CommandRequest,
}

/// What is to be done with the service.
pub enum CommandRequest {
    Deploy(Box<DeployRequest>),
    Rollback(RollbackRequest),
    Continue(ContinueRequest),
    Stop {
        /// The last one if it is not named.
        deployment: Option<DeploymentRef>,
    },
    Delete {
        /// How long its tasks may take to stop.
        timeout: Duration,
    },
    Init(InitRequest),
    Verify(VerifyRequest),
}

/// The service is made what is declared.
pub struct DeployRequest {
    pub service: ServiceDeclaration,
    /// Whether there is enough to create the service from.
    pub can_create: bool,
    pub task_definition: TaskDefinitionRef,
    pub one_off: OneOffTasks,
    pub options: DeployOptions,
}

/// What is to run: a document, perhaps not registered yet, or a registered revision.
pub enum TaskDefinitionRef {
    Document {
        value: Value,
        family: String,
    },
    Registered(String),
    /// Nothing is named: a live service keeps its revision.
    Kept,
}

/// How a deployment is made.
#[derive(Debug, Clone)]
pub struct DeployOptions {
    pub force_new_deployment: bool,
    /// Apply the declared number of tasks to a live service, too.
    pub update_desired_count: bool,
    pub if_in_progress: IfInProgress,
    /// How long another deployment is waited for.
    pub in_progress_timeout: Duration,
    /// How many successful revisions pruning keeps; `None` prunes nothing.
    pub keep_revisions: Option<usize>,
    /// Whether a revision is tagged with its document's digest.
    pub digest_tag: bool,
    /// Where a dry run's plan is written as Markdown.
    pub plan_markdown: Option<PathBuf>,
}

/// Back to the last deployment that succeeded.
pub struct RollbackRequest {
    /// The last one if it is not named.
    pub deployment: Option<DeploymentRef>,
    /// For the deployment of an earlier revision.
    pub options: DeployOptions,
}

/// A paused deployment is continued.
pub struct ContinueRequest {
    /// The last one if it is not named.
    pub deployment: Option<DeploymentRef>,
    /// The hook at which it is paused; the only one if it is not named.
    pub hook: Option<String>,
}

/// Files are written from the live service.
pub struct InitRequest {
    pub dir: PathBuf,
    pub overwrite: bool,
    /// Values that become placeholders.
    pub outputs: Outputs,
}

/// What is declared is checked against AWS.
pub struct VerifyRequest {
    pub service: ServiceDeclaration,
    pub task_definition: TaskDefinitionRef,
}

impl Request {
    /// Reads it all.
    ///
    /// # Errors
    /// If a file cannot be read, or if flags and files contradict each other.
    pub fn load(args: &Args, step: &Step) -> Result<Self, Error> {
        let outputs = match &args.target.outputs {
            Some(path) => Some(documents::outputs(path)?),
            None => None,
        };
        let Some(command) = &args.command else {
            return Self::deploy(args, outputs, step);
        };
        if args.deploy.task_definition.is_some() || args.deploy.service_definition.is_some() {
            return Err(Error::Usage {
                message: "--task-definition and --service-definition belong to a deployment, not \
                          to a subcommand"
                    .into(),
                hint: "ecs-deploy --help lists the subcommands and what they take".into(),
            });
        }
        let (named, command) = match command {
            // It reads the files itself, and works on no deployment.
            Command::Verify(files) => return Self::verify(files, args, outputs, step),
            Command::Rollback(which) => {
                let deployment = deployment(which)?;
                let options = DeployOptions::of(&args.deploy);
                let request = RollbackRequest {
                    deployment: deployment.clone(),
                    options,
                };
                (deployment, CommandRequest::Rollback(request))
            }
            Command::Continue(how) => {
                let deployment = deployment(&how.which)?;
                let request = ContinueRequest {
                    deployment: deployment.clone(),
                    hook: how.hook.clone(),
                };
                (deployment, CommandRequest::Continue(request))
            }
            Command::Stop(which) => {
                let deployment = deployment(which)?;
                (deployment.clone(), CommandRequest::Stop { deployment })
            }
            Command::Delete(how) => {
                let timeout = how.timeout;
                (None, CommandRequest::Delete { timeout })
            }
            Command::Init(how) => {
                let request = InitRequest {
                    dir: how.dir.clone(),
                    overwrite: how.overwrite,
                    outputs: outputs.clone().unwrap_or_default(),
                };
                (None, CommandRequest::Init(request))
            }
        };
        Self::of_service(named, command, &args.target, outputs)
    }

    fn deploy(args: &Args, outputs: Option<Outputs>, step: &Step) -> Result<Self, Error> {
        let (declaration, task_definition) =
            declared(&args.deploy, &args.target, outputs.clone(), step)?;
        let request = DeployRequest {
            service: declaration.service,
            can_create: declaration.can_create,
            task_definition,
            one_off: OneOffTasks::load(&args.deploy, outputs.as_ref(), step)?,
            options: DeployOptions::of(&args.deploy),
        };
        let (cluster, service) = names(&request.service);
        Ok(Self {
            cluster,
            service,
            dry_run: args.target.dry_run,
            command: CommandRequest::Deploy(Box::new(request)),
        })
    }

    fn verify(
        files: &VerifyArgs,
        args: &Args,
        outputs: Option<Outputs>,
        step: &Step,
    ) -> Result<Self, Error> {
        let deploy = DeployArgs {
            task_definition: files.task_definition.clone(),
            service_definition: files.service_definition.clone(),
            ..args.deploy.clone()
        };
        let (declaration, task_definition) = declared(&deploy, &args.target, outputs, step)?;
        let service = declaration.service;
        if matches!(task_definition, TaskDefinitionRef::Kept) && service.definition.is_empty() {
            return Err(Error::Usage {
                message: "nothing is given to verify".into(),
                hint: "give --task-definition, --service-definition, or both".into(),
            });
        }
        let (cluster, name) = names(&service);
        Ok(Self {
            cluster,
            service: name,
            dry_run: args.target.dry_run,
            command: CommandRequest::Verify(VerifyRequest {
                service,
                task_definition,
            }),
        })
    }

    /// A command that needs no more than the service's name. A deployment's ARN says where it
    /// belongs; a flag wins.
    fn of_service(
        named: Option<DeploymentRef>,
        command: CommandRequest,
        target: &TargetArgs,
        outputs: Option<Outputs>,
    ) -> Result<Self, Error> {
        let home = named.as_ref().and_then(DeploymentRef::service_ref);
        let (cluster, service) = home.map(|h| (h.cluster, h.service)).unzip();
        let declaration = declare(Sources {
            outputs,
            cluster: target.cluster.clone().or(cluster),
            service: target.service.clone().or(service),
            ..Sources::default()
        })?;
        Ok(Self {
            cluster: declaration.service.cluster,
            service: declaration.service.service,
            dry_run: target.dry_run,
            command,
        })
    }
}

impl DeployOptions {
    fn of(args: &DeployArgs) -> Self {
        Self {
            force_new_deployment: args.force_new_deployment,
            update_desired_count: args.update_desired_count,
            if_in_progress: args.if_in_progress,
            in_progress_timeout: args.in_progress_timeout,
            keep_revisions: args.keep_revisions,
            digest_tag: !args.no_digest_tag,
            plan_markdown: args.plan_markdown.clone(),
        }
    }
}

fn names(service: &ServiceDeclaration) -> (String, String) {
    (service.cluster.clone(), service.service.clone())
}

/// What flags and files declare of the service, and what it is to run.
fn declared(
    deploy: &DeployArgs,
    target: &TargetArgs,
    outputs: Option<Outputs>,
    step: &Step,
) -> Result<(Declaration, TaskDefinitionRef), Error> {
    let wanted = deploy.wanted()?;
    let definition = match &deploy.service_definition {
        Some(path) => Some(documents::service_definition(path, outputs.as_ref(), step)?),
        None => None,
    };
    let declaration = declare(Sources {
        definition,
        flags: deploy.service_flags(),
        outputs,
        cluster: target.cluster.clone(),
        service: target.service.clone(),
    })?;
    if !declaration.left_out.is_empty() {
        step.info(format!(
            "left out of the service definition what only answers have: {}",
            declaration.left_out.join(", ")
        ));
    }
    let task_definition = match (wanted, &declaration.task_definition) {
        (Some(Wanted::File(path)), _) => {
            let value = documents::task_definition(&path, step)?;
            let family = value["family"].as_str().unwrap_or_default().to_owned();
            TaskDefinitionRef::Document { value, family }
        }
        (Some(Wanted::Registered(name)), _) => TaskDefinitionRef::Registered(name),
        (None, Some(name)) => TaskDefinitionRef::Registered(name.clone()),
        (None, None) => TaskDefinitionRef::Kept,
    };
    if let (TaskDefinitionRef::Document { family, .. }, Some(named)) =
        (&task_definition, &declaration.task_definition)
        && family_of(named) != family
    {
        return Err(Error::Usage {
            message: format!(
                "the task definition's family is {family}, the service definition names {named}"
            ),
            hint: "take taskDefinition out of the service definition".into(),
        });
    }
    Ok((declaration, task_definition))
}

/// The deployment that is named: an ARN, an id, or a result file.
fn deployment(which: &DeploymentArgs) -> Result<Option<DeploymentRef>, Error> {
    let Some(text) = which.deployment.as_deref() else {
        return Ok(None);
    };
    let wrong = |e: ParseDeploymentRefError| Error::Usage {
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
