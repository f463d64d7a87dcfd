//! The deployment itself: hooks, alarms, traffic, and what keeps it from moving.

use super::Class;

pub(super) const CLASSES: &[Class] = &[
    Class {
        id: "cannot-move",
        texts: &[&[
            "unable to stop or start tasks during a deployment because of the service deployment configuration",
        ]],
        log_lines: &[],
        meaning: "the deployment can neither start nor stop a task within minimumHealthyPercent and maximumPercent",
        remedy: "Let maximumPercent be above 100, or minimumHealthyPercent below 100.",
    },
    Class {
        id: "protected-tasks",
        texts: &[
            &["unable to scale in", "under protection"],
            &["unable to scale in", "protected tasks"],
        ],
        log_lines: &[],
        meaning: "old tasks are protected from scaling in, so the deployment cannot end",
        remedy: "Lift their protection (UpdateTaskProtection), or wait until it expires.",
    },
    Class {
        id: "hook-failed",
        texts: &[&["lifecycle hook(s) failed"]],
        log_lines: &[],
        meaning: "a lifecycle hook refused the deployment",
        remedy: "Look at the hook's own log: its answer has to hold hookStatus SUCCEEDED, and ECS has to be allowed to call it.",
    },
    Class {
        id: "pause-timed-out",
        texts: &[&["pause hook timed out"]],
        log_lines: &[],
        meaning: "nobody continued the paused deployment in time",
        remedy: "Deploy again and continue it, or give the hook a longer timeout.",
    },
    Class {
        id: "alarm",
        texts: &[&["alarm detected"], &["cloudwatch alarm"]],
        log_lines: &[],
        meaning: "a CloudWatch alarm went off during the deployment",
        remedy: "Look at the alarm's metric over the deployment's time.",
    },
    Class {
        id: "infrastructure-role",
        texts: &[
            &["missing permissions on ecs infrastructure role"],
            &["failed to describe target health", "not authorized"],
            &["failed to register targets", "not authorized"],
            &["iam permissions policies have been misconfigured"],
            &["iam trust relationship has been misconfigured"],
        ],
        log_lines: &[],
        meaning: "a role that ECS uses for the load balancer lacks a permission",
        remedy: "Give the infrastructure role AmazonECSInfrastructureRolePolicyForLoadBalancers, and let ecs.amazonaws.com assume it.",
    },
    Class {
        id: "traffic-configuration",
        texts: &[&["invalid networking configuration"]],
        log_lines: &[],
        meaning: "listener rules and target groups do not fit a deployment that shifts traffic",
        remedy: "Both target groups have to be on the production or test listener rule, and exactly one may get production traffic before the deployment.",
    },
    Class {
        id: "nothing-to-roll-back-to",
        texts: &[&["no rollback candidate was found"]],
        log_lines: &[],
        meaning: "there is no earlier deployment to roll back to",
        remedy: "The stopped tasks say what failed; the service keeps trying until it is updated or deleted.",
    },
    Class {
        id: "tasks-failed",
        texts: &[
            &["deployment failed: tasks failed to start"],
            &["circuit breaker"],
            &["unable to consistently start tasks"],
        ],
        log_lines: &[],
        meaning: "the deployment circuit breaker tripped: too many tasks failed to start or to become healthy",
        remedy: "The stopped tasks say what failed.",
    },
    Class {
        id: "stopped-by-user",
        texts: &[&["task stopped by user"]],
        log_lines: &[],
        meaning: "someone stopped the task",
        remedy: "ECS starts another one.",
    },
];
