//! Scripts: what happens to a deployment, and when. A script is a time line of changes at offsets
//! from the call that started the deployment; the recipes write the usual ones.

use std::ops::Range;
use std::time::Duration;

/// The course of a deployment. Each deployment that CreateService or UpdateService starts follows
/// the next script of its service ([`super::Ecs::script`]), else the default one.
#[derive(Clone, Debug)]
pub struct Rollout {
    pub(crate) recipe: Recipe,
    pub(crate) over: Duration,
    pub(crate) draining: Duration,
    pub(crate) exit_code: i64,
    pub(crate) container_reason: Option<String>,
    pub(crate) logs: Vec<String>,
    pub(crate) attempts: usize,
    pub(crate) rolling_back: Duration,
    pub(crate) extra: Vec<(Duration, Change)>,
    /// Whether PAUSE hooks let it pass.
    pub(crate) unpaused: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Recipe {
    Healthy,
    /// An essential container exits again and again.
    Crashing,
    /// Tasks never start, for this reason in AWS's words.
    FailsToStart {
        reason: String,
    },
    /// Containers run, targets do not become healthy.
    Unhealthy {
        reason: String,
        description: String,
    },
    /// The container's own health check fails.
    UnhealthyContainer,
    /// Tasks stay PENDING forever.
    Stuck,
    /// No task is ever placed; the event's reason.
    Unplaceable {
        reason: String,
    },
    /// A deployment alarm fires while the tasks run.
    Alarm {
        name: String,
    },
    /// A lifecycle hook fails the deployment.
    HookRefuses {
        stage: String,
        reason: String,
    },
    /// Another person deploys in the middle.
    Superseded,
    /// Exactly these changes.
    TimeLine(Vec<(Duration, Change)>),
}

impl Rollout {
    /// The tasks start, become healthy, and the old ones drain. With a strategy other than ROLLING
    /// it goes through the lifecycle stages, pausing at the PAUSE hooks of the service.
    pub fn healthy() -> Self {
        Self::of(Recipe::Healthy)
    }

    /// Each task's essential container exits (with code 1 by default) soon after its start, and new ones
    /// are started until the circuit breaker triggers, if the service has one.
    pub fn crashing() -> Self {
        Self {
            exit_code: 1,
            ..Self::of(Recipe::Crashing)
        }
    }

    /// The container runs out of memory: exit code 137 and the container's reason.
    pub fn out_of_memory() -> Self {
        Self {
            exit_code: 137,
            container_reason: Some("OutOfMemoryError: Container killed due to memory usage".into()),
            ..Self::of(Recipe::Crashing)
        }
    }

    /// TaskFailedToStart with this `stoppedReason`, in AWS's own words.
    pub fn fails_to_start(reason: &str) -> Self {
        Self::of(Recipe::FailsToStart {
            reason: reason.into(),
        })
    }

    /// TaskFailedToStart because the image is not in the repository.
    pub fn cannot_pull(image: &str) -> Self {
        Self::fails_to_start(&format!(
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): \
             failed to resolve ref {image}: not found"
        ))
    }

    /// The containers run; their targets answer the health check with 404 and are replaced.
    pub fn never_healthy_targets() -> Self {
        Self::unhealthy_targets(
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [404]",
        )
    }

    /// The same, with the target's reason code and description.
    pub fn unhealthy_targets(reason: &str, description: &str) -> Self {
        Self::of(Recipe::Unhealthy {
            reason: reason.into(),
            description: description.into(),
        })
    }

    /// The container's health check command fails.
    pub fn unhealthy_container() -> Self {
        Self::of(Recipe::UnhealthyContainer)
    }

    /// Tasks are placed and stay PENDING.
    pub fn stuck() -> Self {
        Self::of(Recipe::Stuck)
    }

    /// No task can be placed: "was unable to place a task. Reason: …".
    pub fn unplaceable(reason: &str) -> Self {
        Self::of(Recipe::Unplaceable {
            reason: reason.into(),
        })
    }

    /// The tasks run, then this CloudWatch alarm fires.
    pub fn alarm(name: &str) -> Self {
        Self::of(Recipe::Alarm { name: name.into() })
    }

    /// A Lambda lifecycle hook of this stage fails the deployment (strategies other than ROLLING).
    pub fn hook_refuses(stage: &str, function_arn: &str) -> Self {
        Self::of(Recipe::HookRefuses {
            stage: stage.into(),
            reason: format!("Lifecycle hook target {function_arn} returned FAILED status."),
        })
    }

    /// Halfway, another person forces a new deployment of the same service, which follows the next
    /// script.
    pub fn superseded() -> Self {
        Self::of(Recipe::Superseded)
    }

    /// Only these changes, at these offsets.
    pub fn time_line(changes: impl IntoIterator<Item = (Duration, Change)>) -> Self {
        Self::of(Recipe::TimeLine(changes.into_iter().collect()))
    }

    /// From the call to the end of the recipe: SUCCESSFUL for a healthy one, for a failing one the
    /// life of each generation of tasks. 4 s by default.
    pub fn over(mut self, duration: Duration) -> Self {
        self.over = duration;
        self
    }

    /// How long the old tasks drain after SUCCESSFUL, before the classic deployment completes.
    pub fn draining(mut self, duration: Duration) -> Self {
        self.draining = duration;
        self
    }

    /// The essential container's exit code.
    pub fn exit_code(mut self, code: i64) -> Self {
        self.exit_code = code;
        self
    }

    /// The essential container's reason.
    pub fn container_reason(mut self, reason: &str) -> Self {
        self.container_reason = Some(reason.into());
        self
    }

    /// What the container writes to its log before it exits.
    pub fn log_lines<L: Into<String>>(mut self, lines: impl IntoIterator<Item = L>) -> Self {
        self.logs = lines.into_iter().map(Into::into).collect();
        self
    }

    /// The number of generations that fail before the tasks live (crashing and unhealthy recipes).
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.attempts = attempts;
        self
    }

    /// How long a rollback takes.
    pub fn rolling_back(mut self, duration: Duration) -> Self {
        self.rolling_back = duration;
        self
    }

    /// Adds a change to the recipe.
    pub fn also(mut self, at: Duration, change: Change) -> Self {
        self.extra.push((at, change));
        self
    }

    fn of(recipe: Recipe) -> Self {
        let over = Duration::from_secs(4);
        Self {
            recipe,
            over,
            draining: Duration::from_millis(500),
            exit_code: 0,
            container_reason: None,
            logs: Vec::new(),
            attempts: usize::MAX,
            rolling_back: Duration::from_secs(1),
            extra: Vec::new(),
            unpaused: false,
        }
    }
}

/// One change of a deployment. Tasks are numbered in the order in which the deployment starts them,
/// from 0.
#[derive(Clone, Debug)]
pub enum Change {
    /// PENDING → IN_PROGRESS; the deployment's desired count becomes the service's.
    Begin,
    /// This number of tasks is started (PROVISIONING), with the event that names them.
    Place(usize),
    /// Image pull begins (PENDING).
    Pull(Range<usize>),
    /// RUNNING; their targets are registered, in state `initial`.
    Run(Range<usize>),
    /// Containers with a health check turn HEALTHY, targets `healthy`.
    Healthy(Range<usize>),
    /// Container health becomes UNHEALTHY, with the event.
    FailContainerHealth(Range<usize>),
    /// The targets take this state, with the event when it is `unhealthy`.
    Target {
        tasks: Range<usize>,
        state: String,
        reason: Option<String>,
        description: Option<String>,
    },
    /// They stop, and their targets are deregistered.
    Stop { tasks: Range<usize>, stop: Stop },
    /// The named container exits with this code, and the task does not stop.
    ExitContainer(Range<usize>, String, i64),
    /// The container writes these lines to its log.
    Log {
        tasks: Range<usize>,
        lines: Vec<String>,
    },
    /// An event of the service; `(service NAME) ` is put before it.
    Event(String),
    /// This number of tasks has failed, too; triggers the circuit breaker at its threshold.
    Fail(u64),
    /// Resets the count of consecutive failures.
    ResetFailures,
    /// Old tasks' targets are deregistered, with the events.
    DrainOld,
    /// Old tasks stop, with the event.
    StopOld,
    /// The service deployment turns SUCCESSFUL.
    Succeed,
    /// The classic deployment completes, with the events.
    Complete,
    /// A lifecycle stage begins (strategies other than ROLLING).
    Stage(String),
    /// Percent of production and test traffic on the new revision.
    Traffic { production: f64, test: f64 },
    /// A PAUSE hook pauses the rest of the time line until ContinueServiceDeployment, or until
    /// its timeout, after which the hook's timeout action applies.
    Pause {
        stage: String,
        timeout: Option<Duration>,
        then_rollback: bool,
    },
    /// A PAUSE hook's timeout is reached, and the rest of the time line continues.
    Resume,
    /// A deployment alarm fires.
    AlarmFires(String),
    /// The deployment fails for this reason, and rolls back if there is an earlier deployment.
    RollBack { reason: String, over: Duration },
    /// The rollback has succeeded.
    RolledBack,
    /// The deployment stops as failed: STOPPED, classic FAILED.
    StopDeployment { reason: Option<String> },
    /// A superseded deployment's last step: STOP_REQUESTED → STOPPED.
    Stopped,
    /// Another person updates the service: a new deployment of its present task definition.
    ForeignDeployment,
    /// Another party (e.g. auto scaling) sets the desired count.
    Scale(usize),
    /// Another person changes members of the service, without a deployment.
    Config(serde_json::Value),
    /// A draining service becomes INACTIVE.
    Retire,
    /// A step of a task that no service started.
    OneOff(OneOffStep),
}

/// How a task ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// E.g. `EssentialContainerExited`, `TaskFailedToStart`, `ServiceSchedulerInitiated`; absent in very
    /// old responses.
    pub code: Option<&'static str>,
    pub reason: String,
    /// Exit code of the essential container; if it is present, the others get 0.
    pub exit_code: Option<i64>,
    /// Reason of the essential container.
    pub container_reason: Option<String>,
}

impl Stop {
    /// An essential container ended.
    pub fn exited(code: i64, container_reason: Option<&str>) -> Self {
        Self {
            code: Some("EssentialContainerExited"),
            reason: "Essential container in task exited".into(),
            exit_code: Some(code),
            container_reason: container_reason.map(Into::into),
        }
    }

    /// The task never ran.
    pub fn failed_to_start(reason: &str) -> Self {
        Self {
            code: Some("TaskFailedToStart"),
            reason: reason.into(),
            exit_code: None,
            container_reason: None,
        }
    }

    /// The scheduler ended it: health checks, scaling.
    pub fn by_scheduler(reason: &str) -> Self {
        Self {
            code: Some("ServiceSchedulerInitiated"),
            reason: reason.into(),
            exit_code: Some(143),
            container_reason: None,
        }
    }
}

/// The course of the next task of RunTask.
#[derive(Clone, Debug)]
pub struct OneOff {
    pub(crate) over: Duration,
    pub(crate) stop: Stop,
    pub(crate) logs: Vec<String>,
}

impl OneOff {
    /// It runs and its essential container exits with this code.
    pub fn exits(code: i64) -> Self {
        Self {
            over: Duration::from_secs(2),
            stop: Stop::exited(code, None),
            logs: Vec::new(),
        }
    }

    /// It never starts, for this reason.
    pub fn fails_to_start(reason: &str) -> Self {
        Self {
            stop: Stop::failed_to_start(reason),
            ..Self::exits(0)
        }
    }

    /// From RunTask to STOPPED; 2 s by default.
    pub fn over(mut self, duration: Duration) -> Self {
        self.over = duration;
        self
    }

    /// The lines that it writes to its log.
    pub fn log_lines<L: Into<String>>(mut self, lines: impl IntoIterator<Item = L>) -> Self {
        self.logs = lines.into_iter().map(Into::into).collect();
        self
    }
}

/// A step in the life of a one-off task.
#[derive(Clone, Debug)]
pub enum OneOffStep {
    Pull,
    Run,
    Log(Vec<String>),
    Stop(Stop),
}
