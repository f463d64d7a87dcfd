//! Capacity, network and infrastructure: what AWS could not give.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "fargate-capacity",
        texts: &[
            &["capacity is unavailable at this time"],
            &["could not launch", "tasks for deployment"],
        ],
        meaning: "Fargate has no capacity for this size in these availability zones just now",
        remedy: "Try again; add subnets in other availability zones.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "fargate-quota",
        texts: &[
            &["limit on the number of vcpus"],
            &["configuration is above your limit"],
            &["reached the limit on the number of tasks"],
        ],
        meaning: "the account's Fargate quota is used up",
        remedy: "Ask Service Quotas for more Fargate vCPUs, or stop something.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "no-addresses",
        texts: &[
            &["insufficientfreeaddressesinsubnet"],
            &["not have enough free addresses"],
            &["network interface provision"],
        ],
        meaning: "no network interface came in time: a subnet without free addresses, or the EC2 API is busy",
        remedy: "Look at the subnets' free addresses; use larger subnets, or more of them. If there are enough, try again.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "no-instances",
        texts: &[
            &["no container instances were found"],
            &["no container instance met all of its requirements"],
            &["unable to attach network interface to unused device index"],
        ],
        meaning: "no container instance can take the task (EC2 launch type)",
        remedy: "Use FARGATE, or add instances with enough CPU, memory, ports and network interfaces.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "launch-type",
        texts: &[&["not compatible with the selected compute strategy"]],
        meaning: "the task definition does not fit the launch type or capacity provider",
        remedy: "Add FARGATE to requiresCompatibilities.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "spot",
        texts: &[&["spot interruption"], &["spot task was interrupted"]],
        meaning: "Fargate Spot took the tasks away",
        remedy: "Nothing is wrong with the deployment; give a base of FARGATE in the capacity provider strategy.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "instance-gone",
        texts: &[
            &["host ec2", "terminated"],
            &["container instance deregistration"],
        ],
        meaning: "the container instance went away (EC2 launch type)",
        remedy: "ECS starts the task elsewhere; look at the instance's auto scaling group.",
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
        meaning: "AWS's infrastructure failed the task, or takes it down for maintenance",
        remedy: "Try again; ECS replaces such tasks by itself.",
        ..KnownCause::SPECIAL
    },
];
