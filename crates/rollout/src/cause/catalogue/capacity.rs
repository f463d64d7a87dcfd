//! Capacity, network and infrastructure that AWS could not provide.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "fargate-capacity",
        texts: &[
            &["capacity is unavailable at this time"],
            &["could not launch", "tasks for deployment"],
        ],
        meaning: "Fargate currently has no capacity for this task size in these availability zones",
        remedy: "Deploy again later, or add subnets in other availability zones.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "fargate-quota",
        texts: &[
            &["limit on the number of vcpus"],
            &["configuration is above your limit"],
            &["reached the limit on the number of tasks"],
        ],
        meaning: "the account's Fargate quota is exhausted",
        remedy: "Request more Fargate vCPUs in Service Quotas, or stop tasks that you do not need.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "no-addresses",
        texts: &[
            &["insufficientfreeaddressesinsubnet"],
            &["not have enough free addresses"],
            &["network interface provision"],
        ],
        meaning: "no network interface was provided in time: the subnet has no free addresses, or the EC2 API is busy",
        remedy: "Check the free IP addresses of the subnets, and use larger or more subnets. If there are enough addresses, deploy again.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "no-instances",
        texts: &[
            &["no container instances were found"],
            &["no container instance met all of its requirements"],
            &["unable to attach network interface to unused device index"],
        ],
        meaning: "no container instance can run the task (EC2 launch type)",
        remedy: "Use FARGATE, or add container instances with enough CPU, memory, ports and network interfaces.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "launch-type",
        texts: &[&["not compatible with the selected compute strategy"]],
        meaning: "the task definition is not compatible with the launch type or capacity provider",
        remedy: "Add FARGATE to requiresCompatibilities.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "spot",
        texts: &[&["spot interruption"], &["spot task was interrupted"]],
        meaning: "AWS reclaimed the Fargate Spot capacity of the tasks",
        remedy: "The deployment itself is not wrong. To keep some tasks, set a base of FARGATE in the capacity provider strategy.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "instance-gone",
        texts: &[
            &["host ec2", "terminated"],
            &["container instance deregistration"],
        ],
        meaning: "the container instance was stopped, terminated or deregistered (EC2 launch type)",
        remedy: "ECS starts the task on another instance. Check the auto scaling group of the instance.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "infrastructure",
        texts: &[
            &["ephemeralstorage provisioning"],
            &["internalerror:"],
            &["reason: internal error"],
            &["maintenance on the underlying infrastructure"],
        ],
        meaning: "AWS's infrastructure failed, or AWS stopped the task for maintenance",
        remedy: "ECS replaces such tasks. If it does not recover, deploy again.",
        ..KnownCause::SPECIAL
    },
];
