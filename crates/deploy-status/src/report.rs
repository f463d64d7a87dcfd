//! What the results mean together: one outcome for each service, one for all of them.

use pipeline_io::{Exit, StepResult};

use crate::data::{self, EcsDeploy, WaitHealthy};
use crate::results::{Left, STEPS, Step};

/// The deployment as it is told.
#[derive(Debug)]
pub struct Report {
    pub services: Vec<Service>,
}

/// One service's deployment.
#[derive(Debug)]
pub struct Service {
    /// The service's name; of a deployment that failed before it was known, the folder's.
    pub name: Option<String>,
    pub cluster: Option<String>,
    pub outcome: Outcome,
    pub steps: Vec<Step>,
    /// The step that failed, where it is none of these programs: it leaves no result.
    pub failed_elsewhere: Option<String>,
}

/// How a deployment ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub state: State,
    /// The step that decided it.
    pub step: Option<String>,
}

/// The worst first: of several services, the worst one's is everyone's.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum State {
    Failed,
    RolledBack,
    TimedOut,
    Interrupted,
    Superseded,
    Paused,
    /// Steps ended well, and none proved the deployment healthy.
    Unproven,
    NothingRan,
    /// An earlier stage was asked for and reached.
    Reached,
    Succeeded,
}

impl State {
    /// The sign before a headline.
    pub fn sign(self) -> &'static str {
        match self {
            State::Succeeded | State::Reached => "✅",
            State::Failed => "❌",
            State::RolledBack => "↩️",
            State::Superseded => "⏭️",
            State::TimedOut => "⏱️",
            State::Paused => "⏸️",
            State::Interrupted => "🛑",
            State::Unproven | State::NothingRan => "⚪",
        }
    }

    /// The deployment "…".
    pub fn phrase(self) -> &'static str {
        match self {
            State::Succeeded => "succeeded",
            State::Reached => "reached the stage that was asked for",
            State::Failed => "failed",
            State::RolledBack => "was rolled back",
            State::Superseded => "was superseded",
            State::TimedOut => "timed out",
            State::Paused => "is paused",
            State::Interrupted => "was interrupted",
            State::Unproven => "is not proven healthy",
            State::NothingRan => "did not start",
        }
    }

    /// GitHub's word for a commit status.
    pub fn commit_status(self) -> &'static str {
        match self {
            State::Succeeded | State::Reached => "success",
            State::Failed | State::RolledBack | State::TimedOut => "failure",
            State::Paused | State::Unproven => "pending",
            State::Superseded | State::Interrupted | State::NothingRan => "error",
        }
    }

    /// GitHub's word for the state of a deployment.
    pub fn deployment_status(self) -> &'static str {
        match self {
            State::Superseded => "inactive",
            State::Paused | State::Unproven => "in_progress",
            other => other.commit_status(),
        }
    }

    /// GitLab's word for a commit status.
    pub fn gitlab_status(self) -> &'static str {
        match self.commit_status() {
            "success" => "success",
            "pending" => "running",
            _ if self == State::Superseded || self == State::Interrupted => "canceled",
            _ => "failed",
        }
    }

    /// What a step's exit code says.
    pub fn of(exit_code: u8) -> Self {
        let exit = Exit::ALL.into_iter().find(|exit| exit.code() == exit_code);
        match exit {
            Some(Exit::Done) => State::Succeeded,
            Some(Exit::RolledBack) => State::RolledBack,
            Some(Exit::Superseded) => State::Superseded,
            Some(Exit::TimedOut) => State::TimedOut,
            Some(Exit::Paused) => State::Paused,
            Some(Exit::Interrupted) => State::Interrupted,
            _ => State::Failed,
        }
    }
}

impl Report {
    /// Judges what was left.
    pub fn of(left: Vec<Left>) -> Self {
        let is_one = left.len() == 1;
        Report {
            services: left.into_iter().map(|left| service(left, is_one)).collect(),
        }
    }

    /// The job failed in a step that is none of these programs. Where one of them failed, that counts.
    pub fn failed_in(&mut self, step: &str) {
        for service in &mut self.services {
            let state = &mut service.outcome.state;
            if matches!(
                state,
                State::Unproven | State::NothingRan | State::Reached | State::Succeeded
            ) {
                *state = State::Failed;
                service.outcome.step = Some(step.to_owned());
                service.failed_elsewhere = Some(step.to_owned());
            }
        }
    }

    /// The worst of the services' states.
    pub fn state(&self) -> State {
        let states = self.services.iter().map(|service| service.outcome.state);
        states.min().unwrap_or(State::NothingRan)
    }
}

impl Service {
    /// The result of a step, if it left one that can be read.
    pub fn result(&self, verb: &str) -> Option<&StepResult> {
        self.steps.iter().find_map(|step| match step {
            Step::Done(result) if result.verb == verb => Some(&**result),
            _ => None,
        })
    }

    /// A step's own part of its result; empty if the step left none.
    pub fn data<T: Default + for<'de> serde::Deserialize<'de>>(&self, verb: &str) -> T {
        self.result(verb)
            .map(|result| data::of(&result.data))
            .unwrap_or_default()
    }
}

fn service(left: Left, is_one: bool) -> Service {
    let mut service = Service {
        name: None,
        cluster: None,
        outcome: outcome(&left.steps),
        steps: left.steps,
        failed_elsewhere: None,
    };
    let deploy: EcsDeploy = data_of(&service, "ecs-deploy");
    let wait: WaitHealthy = data_of(&service, "wait-healthy");
    service.name = wait.service.or(deploy.service);
    service.cluster = wait.cluster.or(deploy.cluster);
    if service.name.is_none() && !is_one {
        service.name = Some(left.folder);
    }
    service
}

fn data_of<T: Default + for<'de> serde::Deserialize<'de>>(service: &Service, verb: &str) -> T {
    service
        .result(verb)
        .map(|result| data::of(&result.data))
        .unwrap_or_default()
}

fn outcome(steps: &[Step]) -> Outcome {
    // The first step that did not end well decides: nothing after it was meant to run.
    for step in steps {
        let state = match step {
            Step::Done(result) => State::of(result.exit_code),
            Step::Unreadable { .. } => State::Failed,
        };
        if state != State::Succeeded {
            return Outcome {
                state,
                step: Some(step.verb().to_owned()),
            };
        }
    }
    let last = steps.last().map(|step| step.verb().to_owned());
    let proof = steps.iter().find_map(|step| match step {
        Step::Done(result) if result.verb == STEPS[4] => Some(result),
        _ => None,
    });
    let state = match proof {
        _ if steps.is_empty() => State::NothingRan,
        Some(result) if result.verdict == "succeeded" || result.verdict == "healthy" => {
            State::Succeeded
        }
        Some(_) => State::Reached,
        None => State::Unproven,
    };
    Outcome { state, step: last }
}
