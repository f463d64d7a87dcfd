//! The deployment itself: hooks, alarms, traffic, and what keeps it from moving.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "cannot-move",
        texts: &[&[
            "unable to stop or start tasks during a deployment because of the service deployment configuration",
        ]],
        meaning: "the deployment can neither start nor stop a task within minimumHealthyPercent and maximumPercent",
        remedy: "Let maximumPercent be above 100, or minimumHealthyPercent below 100.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "protected-tasks",
        texts: &[
            &["unable to scale in", "under protection"],
            &["unable to scale in", "protected tasks"],
        ],
        meaning: "old tasks are protected from scaling in, so the deployment cannot end",
        remedy: "Lift their protection (UpdateTaskProtection), or wait until it expires.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "hook-failed",
        texts: &[&["lifecycle hook(s) failed"]],
        meaning: "a lifecycle hook refused the deployment",
        remedy: "Look at the hook's own log: its answer has to hold hookStatus SUCCEEDED, and ECS has to be allowed to call it.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "pause-timed-out",
        texts: &[&["pause hook timed out"]],
        meaning: "nobody continued the paused deployment in time",
        remedy: "Deploy again and continue it, or give the hook a longer timeout.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "alarm",
        texts: &[&["alarm detected"], &["cloudwatch alarm"]],
        meaning: "a CloudWatch alarm went off during the deployment",
        remedy: "Look at the alarm's metric over the deployment's time.",
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
        meaning: "a role that ECS uses for the load balancer lacks a permission",
        remedy: "Give the infrastructure role AmazonECSInfrastructureRolePolicyForLoadBalancers, and let ecs.amazonaws.com assume it.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "traffic-configuration",
        texts: &[&["invalid networking configuration"]],
        meaning: "listener rules and target groups do not fit a deployment that shifts traffic",
        remedy: "Both target groups have to be on the production or test listener rule, and exactly one may get production traffic before the deployment.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "nothing-to-roll-back-to",
        texts: &[&["no rollback candidate was found"]],
        general: true,
        meaning: "there is no earlier deployment to roll back to",
        remedy: "The stopped tasks say what failed; the service keeps trying until it is updated or deleted.",
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
        meaning: "the deployment circuit breaker tripped: too many tasks failed to start or to become healthy",
        remedy: "The stopped tasks say what failed.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "stopped-by-user",
        texts: &[&["task stopped by user"]],
        general: true,
        meaning: "someone stopped the task",
        remedy: "ECS starts another one.",
        ..KnownCause::SPECIAL
    },
];
