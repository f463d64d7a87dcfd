//! The deployment itself: hooks, alarms, traffic, and configuration that blocks it.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;
use crate::cause::reason::Operation::{AssumeInfrastructureRole, RegisterTargets};
use crate::cause::reason::Problem::{Denied, Mismatch, Missing, Other, Quota};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "cannot-move",
        texts: &[&[
            "unable to stop or start tasks during a deployment because of the service deployment configuration",
        ]],
        meaning: "the deployment can neither start nor stop a task within minimumHealthyPercent and maximumPercent",
        remedy: "Set maximumPercent above 100, or minimumHealthyPercent below 100.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "protected-tasks",
        texts: &[
            &["unable to scale in", "under protection"],
            &["unable to scale in", "protected tasks"],
        ],
        meaning: "old tasks have scale-in protection, so the deployment cannot complete",
        remedy: "Remove the protection (UpdateTaskProtection), or wait until it expires.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "hook-failed",
        texts: &[&["lifecycle hook(s) failed"]],
        meaning: "a lifecycle hook failed the deployment",
        remedy: "Read the log of the hook's function: it must return hookStatus SUCCEEDED, and ECS must be allowed to invoke it.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "pause-timed-out",
        texts: &[&["pause hook timed out"]],
        meaning: "the paused deployment was not continued in time",
        remedy: "Deploy again and continue the deployment in time, or set a longer timeout for the hook.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "alarm",
        texts: &[
            &["alarm detected"],
            &["cloudwatch alarm"],
            &["because of alarm"],
        ],
        meaning: "a CloudWatch alarm was triggered during the deployment",
        remedy: "Check the metric of the alarm for the time of the deployment.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "infrastructure-role",
        texts: &[
            &["missing permissions on ecs infrastructure role"],
            &["failed to describe target health", "not authorized"],
            &["failed to register targets", "not authorized"],
            &["iam permissions policies have been misconfigured"],
            &["iam trust relationship has been misconfigured"],
        ],
        failures: &[
            (AssumeInfrastructureRole, &[Other]),
            (RegisterTargets, &[Denied]),
        ],
        meaning: "a role that ECS uses for load balancers or volumes lacks a permission or cannot be assumed",
        remedy: "Attach AmazonECSInfrastructureRolePolicyForLoadBalancers (for EBS: AmazonECSInfrastructureRolePolicyForVolumes) to the infrastructure role, and allow ecs.amazonaws.com to assume it.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "target-group-network",
        failures: &[(RegisterTargets, &[Mismatch])],
        meaning: "the target group {} belongs to another VPC than the tasks",
        remedy: "Use a target group and subnets of the same VPC.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "target-group-missing",
        failures: &[(RegisterTargets, &[Missing])],
        meaning: "the target group {} of the service does not exist",
        remedy: "Create the target group, or correct it in the service's loadBalancers.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "target-registration",
        failures: &[(RegisterTargets, &[Other, Quota])],
        quotes: true,
        meaning: "the tasks cannot be registered in the target group {}",
        remedy: "Check the target group: its target type (ip for awsvpc), its protocol and its number of targets.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "traffic-configuration",
        texts: &[&["invalid networking configuration"]],
        meaning: "the listener rules and target groups are not valid for a deployment that shifts traffic",
        remedy: "Use both target groups in the production or test listener rule, with exactly one of them receiving production traffic before the deployment.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "nothing-to-roll-back-to",
        texts: &[&["no rollback candidate was found"]],
        general: true,
        meaning: "there is no earlier deployment to roll back to",
        remedy: "Correct the reason for which the tasks stopped, and deploy again. Until then the service keeps starting tasks.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "tasks-failed",
        texts: &[
            &["deployment failed: tasks failed to start"],
            &["circuit breaker"],
            &["unable to consistently start tasks"],
        ],
        general: true,
        meaning: "the deployment circuit breaker was triggered: too many tasks failed to start or to become healthy",
        remedy: "Check why the tasks stopped: their stop reasons, exit codes and last log lines.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "scaled-in",
        texts: &[&["scaling activity initiated by"]],
        general: true,
        meaning: "ECS stopped the tasks while it scaled the service in, which is not a failure of theirs; no failed task is visible any more",
        remedy: "ECS keeps stopped tasks for about an hour. Read the events of the service and the program's log from the time of the deployment.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "stopped-by-user",
        texts: &[&["task stopped by user"], &["stopped by user"]],
        general: true,
        quotes: true,
        meaning: "a person or program stopped the tasks (StopTask)",
        remedy: "ECS starts another task. CloudTrail shows who called StopTask.",
        ..KnownCause::SPECIAL
    },
];
