//! Capacity, network and infrastructure that AWS could not provide.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;
use crate::cause::reason::Operation::{AttachNetwork, ConnectServices, Place, RegisterInCloudMap};
use crate::cause::reason::Problem::{
    Denied, InUse, Invalid, Mismatch, Missing, NoAddresses, Other, Quota, Throttled, Timeout,
    Unreachable,
};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "fargate-capacity",
        texts: &[
            &["capacity is unavailable"],
            &["capacity unavailable"],
            &["no fargate capacity"],
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
            &["you've reached the limit"],
            &["configuration is above your limit"],
            &["reached the limit on the number of tasks"],
        ],
        failures: &[(Place, &[Quota])],
        meaning: "the account's Fargate quota is exhausted",
        remedy: "Request more Fargate vCPUs in Service Quotas, or stop tasks that you do not need.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "tag-policy",
        texts: &[&["tagpolicyviolation"], &["tag policy"]],
        meaning: "a tag policy of the organization forbids the network interface of the task",
        remedy: "Give the service the tags that the policy requires, and set propagateTags to SERVICE (or TASK_DEFINITION).",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "no-network-slot",
        texts: &[&["unable to attach network interface to unused device index"]],
        failures: &[],
        meaning: "the container instance has no free slot for a network interface (EC2 launch type)",
        remedy: "Use FARGATE, enable awsvpcTrunking, or add instances with more network interfaces.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "no-addresses",
        failures: &[(AttachNetwork, &[NoAddresses])],
        meaning: "the subnet {} has no free IP addresses",
        remedy: "Use larger or more subnets in the service's network configuration, or remove network interfaces that you do not need.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "network-timeout",
        failures: &[(AttachNetwork, &[Timeout, Unreachable])],
        meaning: "no network interface was provided in time: the subnet has no free addresses, or the EC2 API is busy",
        remedy: "Check the free IP addresses of the subnets, and use larger or more subnets. If there are enough addresses, deploy again.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "network-denied",
        failures: &[(AttachNetwork, &[Denied])],
        meaning: "ECS is not allowed to create a network interface in the subnet {}",
        remedy: "Check that AWSServiceRoleForECS exists, that no service control policy denies ec2:CreateNetworkInterface, and that a shared subnet is still shared with the account.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "network-quota",
        failures: &[(AttachNetwork, &[Quota])],
        meaning: "a quota for network interfaces, addresses or security groups is exhausted",
        remedy: "Request a higher quota in Service Quotas (VPC), or remove network interfaces that you do not need.",
        quotes: true,
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "security-group-missing",
        texts: &[
            &["invalidgroup"],
            &["security group", "does not exist"],
            &["securitygroup", "does not exist"],
            &["invalidsecuritygroup"],
        ],
        meaning: "a security group of the service does not exist",
        remedy: "Correct the security groups in the service's network configuration.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "subnet-missing",
        texts: &[&["invalidsubnet"], &["subnet", "does not exist"]],
        meaning: "the subnet {} of the service does not exist",
        remedy: "Correct the subnets in the service's network configuration.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "network-mismatch",
        failures: &[(AttachNetwork, &[Mismatch, Invalid])],
        quotes: true,
        meaning: "the subnets and security groups of the service do not belong together",
        remedy: "Use subnets and security groups of the same VPC.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "network-throttled",
        failures: &[(AttachNetwork, &[Throttled])],
        meaning: "the EC2 API throttled the creation of network interfaces",
        remedy: "ECS tries again. If it does not recover, deploy again, with fewer services at the same time.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "network",
        failures: &[(AttachNetwork, &[Other])],
        quotes: true,
        meaning: "the network interface of the task cannot be created or attached",
        remedy: "ECS starts another task. If it does not recover, check the subnets and security groups of the service.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "agent-disconnected",
        texts: &[
            &["error \"agent\""],
            &["agent connected"],
            &["taskfailedtostart: agent"],
        ],
        meaning: "the ECS agent on the container instance is not connected (EC2 launch type)",
        remedy: "Check the instance: its agent, its instance role and its network path to ECS.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "placement-constraint",
        texts: &[
            &["memberof"],
            &["placement constraint"],
            &["taskfailedtostart: attribute"],
            &["missing an attribute"],
            &["missing attribute"],
        ],
        meaning: "no container instance matches the placement constraints or has the attributes that the task requires (EC2 launch type)",
        remedy: "Correct placementConstraints, or add instances with these attributes.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "instance-resources",
        texts: &[
            &["resource:cpu"],
            &["resource:fargate"],
            &["resource:memory"],
            &["resource:eni"],
            &["resource:ports"],
            &["resource:gpu"],
            &["resource:device"],
            &["resource:disk"],
            &["has insufficient"],
            &["port required by your task"],
        ],
        meaning: "no container instance has enough free resources for the task (EC2 launch type)[: {}]",
        remedy: "Add container instances, or let the task require less CPU, memory, host ports or network interfaces. For network interfaces, enable awsvpcTrunking.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "platform-version",
        texts: &[&["platform", "required capabilities"]],
        meaning: "the Fargate platform version of the service does not support a feature of the task definition",
        remedy: "Set platformVersion of the service to LATEST.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "no-instances",
        failures: &[(Place, &[Other, InUse, Missing])],
        quotes: true,
        meaning: "no container instance can run the task (EC2 launch type)",
        remedy: "Use FARGATE, or add container instances with enough CPU, memory, ports and network interfaces.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "service-discovery-timeout",
        failures: &[(RegisterInCloudMap, &[Timeout, Unreachable])],
        meaning: "the task could not be registered in service discovery (AWS Cloud Map) in time",
        remedy: "Check the health check of the Cloud Map service, its quota for instances and the Route 53 API rate of the account, then deploy again.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "service-discovery",
        failures: &[(RegisterInCloudMap, &[Other])],
        quotes: true,
        meaning: "the task cannot be registered in the service discovery service {} (AWS Cloud Map)",
        remedy: "Check that the Cloud Map service and namespace of serviceRegistries exist, and that AWSServiceRoleForECS may register instances.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "service-connect",
        failures: &[(ConnectServices, &[Other])],
        quotes: true,
        meaning: "Service Connect cannot be set up for the task",
        remedy: "Check the namespace and the port names of serviceConnectConfiguration, and the logs of the proxy container.",
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
        texts: &[
            &["spot interruption"],
            &["spotinterruption"],
            &["spot task was interrupted"],
        ],
        meaning: "AWS reclaimed the Fargate Spot capacity of the tasks",
        remedy: "The deployment itself is not wrong. To keep some tasks, set a base of FARGATE in the capacity provider strategy.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "instance-gone",
        texts: &[
            &["host ec2"],
            &["container instance", "terminated"],
            &["terminationnotice"],
            &["termination notice"],
            &["instance termination"],
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
            &["internalerror"],
            &["reason: internal error"],
            &["maintenance on the underlying"],
            &["underlying infrastructure"],
            &["underlying hardware"],
            &["platform version", "retire"],
        ],
        quotes: true,
        meaning: "AWS's infrastructure failed, or AWS stopped the task for maintenance",
        remedy: "ECS replaces such tasks. If it does not recover, deploy again.",
        ..KnownCause::SPECIAL
    },
];
