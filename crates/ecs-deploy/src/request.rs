//! Turns the command line into a validated request: reads all files and checks all flags before any
//! request to AWS. No other module sees raw flags.

mod one_off;

use std::path::{Path, PathBuf};
use std::time::Duration;

use ecs_model::{DeploymentRef, ParseDeploymentRefError, family_of};
use pipeline_io::{Step, read_text};
use serde_json::Value;

use crate::args::{
    Args, Command, DeployArgs, DeploymentArgs, IfInProgress, TargetArgs, TaskDefinitionArg,
    VerifyArgs,
};
use crate::declare::{Declaration, Outputs, Sources, declare};
use crate::documents;
use crate::error::Error;
use crate::plan::declaration::ServiceDeclaration;

pub use one_off::OneOffTasks;

/// Maximum size of a result file, in bytes.
const RESULT_LIMIT: u64 = 16 << 20;

/// The validated request.
pub struct Request {
    /// The name or ARN of the cluster.
    pub cluster: String,
    pub service: String,
    /// Only show what would be done.
    pub dry_run: bool,
    pub command: CommandRequest,
}

/// The command, with its arguments.
pub enum CommandRequest {
    Deploy(Box<DeployRequest>),
    Rollback(RollbackRequest),
    Continue(ContinueRequest),
    Stop {
        /// `None` means the last one.
        deployment: Option<DeploymentRef>,
    },
    Delete {
        /// Maximum time for its tasks to stop.
        timeout: Duration,
    },
    Init(InitRequest),
    Verify(VerifyRequest),
}

/// Create or update the service to match its declaration.
pub struct DeployRequest {
    pub service: ServiceDeclaration,
    /// Whether the declaration is enough to create the service.
    pub can_create: bool,
    pub task_definition: TaskDefinitionRef,
    pub one_off: OneOffTasks,
    pub options: DeployOptions,
}

/// The task definition to run.
pub enum TaskDefinitionRef {
    Document {
        value: Value,
        family: String,
    },
    Registered(String),
    /// None is given: a live service keeps its revision.
    Kept,
}

/// Options of a deployment.
#[derive(Debug, Clone)]
pub struct DeployOptions {
    pub force_new_deployment: bool,
    /// Apply the declared number of tasks to a live service, too.
    pub update_desired_count: bool,
    pub if_in_progress: IfInProgress,
    /// Maximum time to wait for another deployment.
    pub in_progress_timeout: Duration,
    /// How many successful revisions to keep; `None` deregisters nothing.
    pub keep_revisions: Option<usize>,
    /// Whether a revision is tagged with the digest of its document.
    pub digest_tag: bool,
    /// File for the plan of a dry run, as Markdown.
    pub plan_markdown: Option<PathBuf>,
}

/// Return to the last successful deployment.
pub struct RollbackRequest {
    /// `None` means the last one.
    pub deployment: Option<DeploymentRef>,
    /// For the deployment of an earlier revision.
    pub options: DeployOptions,
}

/// Continue a paused deployment.
pub struct ContinueRequest {
    /// `None` means the last one.
    pub deployment: Option<DeploymentRef>,
    /// The hook that it is paused at; `None` means the only one.
    pub hook: Option<String>,
}

/// Write the definitions of the live service.
pub struct InitRequest {
    pub dir: PathBuf,
    pub overwrite: bool,
    /// Values that are replaced by placeholders.
    pub outputs: Outputs,
}

/// Check the declaration against AWS.
pub struct VerifyRequest {
    pub service: ServiceDeclaration,
    pub task_definition: TaskDefinitionRef,
}

impl Request {
    /// Reads the files and validates the flags.
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
                message:
                    "--task-definition and --service-definition are options of a deployment, not \
                          of a subcommand"
                        .into(),
                hint: "run `ecs-deploy SUBCOMMAND --help` for its options".into(),
            });
        }
        let (named, command) = match command {
            // `verify` reads the definitions itself, and is not about a deployment.
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
            one_off: OneOffTasks::load(args, outputs.as_ref(), step)?,
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
                message: "nothing to verify".into(),
                hint: "set --task-definition, --service-definition, or both".into(),
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

    /// Builds the request of a command that needs only the names. They may come from the ARN of the
    /// deployment; flags take precedence.
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

/// Reads the declaration of the service, and which task definition to run.
fn declared(
    deploy: &DeployArgs,
    target: &TargetArgs,
    outputs: Option<Outputs>,
    step: &Step,
) -> Result<(Declaration, TaskDefinitionRef), Error> {
    let wanted = deploy.task_definition_arg()?;
    let definition = match &deploy.service_definition {
        Some(path) => Some(documents::service_definition(
            path,
            outputs.as_ref(),
            &target.ignore,
            step,
        )?),
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
            "ignoring members of the service definition that only responses have: {}",
            declaration.left_out.join(", ")
        ));
    }
    let task_definition = match (wanted, &declaration.task_definition) {
        (Some(TaskDefinitionArg::File(path)), _) => {
            let value = documents::task_definition(&path, &target.ignore, step)?;
            let family = value["family"].as_str().unwrap_or_default().to_owned();
            TaskDefinitionRef::Document { value, family }
        }
        (Some(TaskDefinitionArg::Registered(name)), _) => TaskDefinitionRef::Registered(name),
        (None, Some(name)) => TaskDefinitionRef::Registered(name.clone()),
        (None, None) => TaskDefinitionRef::Kept,
    };
    if let (TaskDefinitionRef::Document { family, .. }, Some(named)) =
        (&task_definition, &declaration.task_definition)
        && family_of(named) != family
    {
        return Err(Error::Usage {
            message: format!(
                "the family of the task definition is {family}, but the service definition contains {named}"
            ),
            hint: "remove taskDefinition from the service definition".into(),
        });
    }
    Ok((declaration, task_definition))
}

/// Parses `--deployment`: an ARN, an ID, or a result file.
fn deployment(which: &DeploymentArgs) -> Result<Option<DeploymentRef>, Error> {
    let Some(text) = which.deployment.as_deref() else {
        return Ok(None);
    };
    let wrong = |e: ParseDeploymentRefError| Error::Usage {
        message: format!("--deployment {text}: {e}"),
        hint: "use an ARN, ecs-svc/ID, or results/ecs-deploy.json".into(),
    };
    let path = Path::new(text);
    if !path.is_file() {
        return text.parse().map(Some).map_err(wrong);
    }
    let document = read_text("result", path, RESULT_LIMIT)?;
    let document: Value = serde_json::from_str(&document).map_err(|e| Error::Usage {
        message: format!("--deployment {text} is not JSON: {e}"),
        hint: "use the result file in the directory of --results".into(),
    })?;
    DeploymentRef::from_document(&document)
        .map(Some)
        .map_err(wrong)
}
