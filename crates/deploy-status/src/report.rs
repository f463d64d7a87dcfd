//! Derives from the results one outcome per service, and one for all services.
//!
//! Decided here: which step decides the outcome, and which outcome is worse. Never here: how it is
//! presented.

use pipeline_io::{Exit, StepResult};

use crate::data::{self, EcsDeploy, WaitHealthy};
use crate::results::{STEPS, StepRecord, StepResults};

/// The outcome of a deployment, for one or several services.
#[derive(Debug)]
pub struct DeploymentReport {
    pub services: Vec<ServiceReport>,
}

/// One service's deployment.
#[derive(Debug)]
pub struct ServiceReport {
    /// The name of the service. If the deployment failed before it was known, the name of the directory.
    pub name: Option<String>,
    pub cluster: Option<String>,
    pub region: Option<String>,
    pub outcome: ServiceOutcome,
    pub steps: Vec<StepRecord>,
    /// The step that failed if it is not one of these programs and wrote no result.
    pub other_failed_step: Option<String>,
}

/// How a deployment ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceOutcome {
    pub state: DeploymentState,
    /// The step that decided it.
    pub step: Option<String>,
}

/// The outcome in one word, the worst first: the worst outcome of a service is the outcome of all.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum DeploymentState {
    Failed,
    RolledBack,
    TimedOut,
    Interrupted,
    Superseded,
    Paused,
    /// The steps succeeded, but none of them proved that the deployment is healthy.
    Unproven,
    NothingRan,
    /// The deployment reached the earlier stage that the user requested.
    Reached,
    Succeeded,
}

impl DeploymentState {
    /// All outcomes, the worst first.
    pub const ALL: [Self; 10] = [
        Self::Failed,
        Self::RolledBack,
        Self::TimedOut,
        Self::Interrupted,
        Self::Superseded,
        Self::Paused,
        Self::Unproven,
        Self::NothingRan,
        Self::Reached,
        Self::Succeeded,
    ];

    /// The outcome as an adjective, for counts of services.
    pub fn adjective(self) -> &'static str {
        match self {
            DeploymentState::Succeeded => "live",
            DeploymentState::Reached => "at the requested stage",
            DeploymentState::Failed => "failed",
            DeploymentState::RolledBack => "rolled back",
            DeploymentState::Superseded => "superseded",
            DeploymentState::TimedOut => "timed out",
            DeploymentState::Paused => "paused",
            DeploymentState::Interrupted => "interrupted",
            DeploymentState::Unproven => "not proven healthy",
            DeploymentState::NothingRan => "not started",
        }
    }

    /// The symbol before a headline.
    pub fn sign(self) -> &'static str {
        match self {
            DeploymentState::Succeeded | DeploymentState::Reached => "✅",
            DeploymentState::Failed => "❌",
            DeploymentState::RolledBack => "↩️",
            DeploymentState::Superseded => "⏭️",
            DeploymentState::TimedOut => "⏱️",
            DeploymentState::Paused => "⏸️",
            DeploymentState::Interrupted => "🛑",
            DeploymentState::Unproven | DeploymentState::NothingRan => "⚪",
        }
    }

    /// The predicate of a sentence about the deployment.
    pub fn phrase(self) -> &'static str {
        match self {
            DeploymentState::Succeeded => "succeeded",
            DeploymentState::Reached => "reached the requested stage",
            DeploymentState::Failed => "failed",
            DeploymentState::RolledBack => "was rolled back",
            DeploymentState::Superseded => "was superseded",
            DeploymentState::TimedOut => "timed out",
            DeploymentState::Paused => "is paused",
            DeploymentState::Interrupted => "was interrupted",
            DeploymentState::Unproven => "is not proven healthy",
            DeploymentState::NothingRan => "did not start",
        }
    }

    /// The state of a commit status on GitHub.
    pub fn commit_status(self) -> &'static str {
        match self {
            DeploymentState::Succeeded | DeploymentState::Reached => "success",
            DeploymentState::Failed | DeploymentState::RolledBack | DeploymentState::TimedOut => {
                "failure"
            }
            DeploymentState::Paused | DeploymentState::Unproven => "pending",
            DeploymentState::Superseded
            | DeploymentState::Interrupted
            | DeploymentState::NothingRan => "error",
        }
    }

    /// The state of a deployment status on GitHub.
    pub fn deployment_status(self) -> &'static str {
        match self {
            DeploymentState::Superseded => "inactive",
            DeploymentState::Paused | DeploymentState::Unproven => "in_progress",
            other => other.commit_status(),
        }
    }

    /// The state of a commit status on GitLab.
    pub fn gitlab_status(self) -> &'static str {
        match self.commit_status() {
            "success" => "success",
            "pending" => "running",
            _ if self == DeploymentState::Superseded || self == DeploymentState::Interrupted => {
                "canceled"
            }
            _ => "failed",
        }
    }

    /// The outcome that the exit code of a step means.
    pub fn of(exit_code: u8) -> Self {
        let exit = Exit::ALL.into_iter().find(|exit| exit.code() == exit_code);
        match exit {
            Some(Exit::Done) => DeploymentState::Succeeded,
            Some(Exit::RolledBack) => DeploymentState::RolledBack,
            Some(Exit::Superseded) => DeploymentState::Superseded,
            Some(Exit::TimedOut) => DeploymentState::TimedOut,
            Some(Exit::Paused) => DeploymentState::Paused,
            Some(Exit::Interrupted) => DeploymentState::Interrupted,
            _ => DeploymentState::Failed,
        }
    }
}

impl DeploymentReport {
    /// Derives the outcome from the results.
    pub fn of(step_results: Vec<StepResults>) -> Self {
        let is_only_service = step_results.len() == 1;
        DeploymentReport {
            services: step_results
                .into_iter()
                .map(|step_results| service(step_results, is_only_service))
                .collect(),
        }
    }

    /// Records that the job failed in a step that is not one of these programs. If one of these programs
    /// failed, too, that counts.
    pub fn record_failed_step(&mut self, step: &str) {
        for service in &mut self.services {
            let state = &mut service.outcome.state;
            if matches!(
                state,
                DeploymentState::Unproven
                    | DeploymentState::NothingRan
                    | DeploymentState::Reached
                    | DeploymentState::Succeeded
            ) {
                *state = DeploymentState::Failed;
                service.outcome.step = Some(step.to_owned());
                service.other_failed_step = Some(step.to_owned());
            }
        }
    }

    /// The worst outcome of the services.
    pub fn state(&self) -> DeploymentState {
        let states = self.services.iter().map(|service| service.outcome.state);
        states.min().unwrap_or(DeploymentState::NothingRan)
    }
}

impl ServiceReport {
    /// The result of a step, if it wrote one that can be read.
    pub fn result(&self, verb: &str) -> Option<&StepResult> {
        self.steps.iter().find_map(|step| match step {
            StepRecord::Done(result) if result.verb == verb => Some(&**result),
            _ => None,
        })
    }

    /// The `data` of a step's result. Empty if the step wrote no result.
    pub fn data<T: Default + for<'de> serde::Deserialize<'de>>(&self, verb: &str) -> T {
        self.result(verb)
            .map(|result| data::read(&result.data))
            .unwrap_or_default()
    }
}

fn service(step_results: StepResults, is_only_service: bool) -> ServiceReport {
    let mut service = ServiceReport {
        name: None,
        cluster: None,
        region: None,
        outcome: outcome(&step_results.steps),
        steps: step_results.steps,
        other_failed_step: None,
    };
    let deploy: EcsDeploy = data_of(&service, "ecs-deploy");
    let wait: WaitHealthy = data_of(&service, "wait-healthy");
    service.name = wait.service.or(deploy.service);
    service.cluster = wait.cluster.or(deploy.cluster);
    service.region = wait.region.or(deploy.region);
    if service.name.is_none() && !is_only_service {
        service.name = Some(step_results.directory);
    }
    service
}

fn data_of<T: Default + for<'de> serde::Deserialize<'de>>(
    service: &ServiceReport,
    verb: &str,
) -> T {
    service
        .result(verb)
        .map(|result| data::read(&result.data))
        .unwrap_or_default()
}

fn outcome(steps: &[StepRecord]) -> ServiceOutcome {
    // The first step that did not succeed decides, because no later step should have run.
    for step in steps {
        let state = match step {
            StepRecord::Done(result) => DeploymentState::of(result.exit_code),
            StepRecord::Unreadable { .. } => DeploymentState::Failed,
        };
        if state != DeploymentState::Succeeded {
            return ServiceOutcome {
                state,
                step: Some(step.verb().to_owned()),
            };
        }
    }
    let last = steps.last().map(|step| step.verb().to_owned());
    let proof = steps.iter().find_map(|step| match step {
        StepRecord::Done(result) if result.verb == STEPS[4] => Some(result),
        _ => None,
    });
    let state = match proof {
        _ if steps.is_empty() => DeploymentState::NothingRan,
        Some(result) if result.verdict == "succeeded" || result.verdict == "healthy" => {
            DeploymentState::Succeeded
        }
        Some(_) => DeploymentState::Reached,
        None => DeploymentState::Unproven,
    };
    ServiceOutcome { state, step: last }
}
