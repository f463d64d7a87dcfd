//! Logging: the log driver, which starts before the container.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;
use crate::cause::reason::Operation::Log;
use crate::cause::reason::Problem::{
    Denied, Invalid, Missing, Other, Refused, Throttled, Timeout, UnknownHost, Unreachable,
};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "log-group-denied",
        texts: &[&["not authorized to perform: logs:createloggroup"]],
        meaning: "the execution role is not allowed to create the log group {}",
        remedy: "Create the log group, or allow the execution role logs:CreateLogGroup.",
        beside_denial: "Or create the log group before the deployment and remove `awslogs-create-group`.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "logs-denied",
        failures: &[(Log, &[Denied])],
        meaning: "the execution role is not allowed to write to the log group {}",
        remedy: "Allow the execution role logs:CreateLogStream and logs:PutLogEvents on the log group.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "log-group-missing",
        failures: &[(Log, &[Missing])],
        meaning: "the log group {} of the task definition does not exist",
        remedy: "Create it, or set `awslogs-create-group` to \"true\" and allow the execution role logs:CreateLogGroup. Also check `awslogs-region`.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "logs-unreachable",
        texts: &[&["logg", "lookup logs."]],
        failures: &[(Log, &[Unreachable, Timeout])],
        meaning: "the tasks cannot reach CloudWatch Logs from their subnets (AWS's text may mention a log group, but the problem is the network)",
        remedy: "Add the logs interface endpoint with private DNS and a security group that accepts port 443 from the tasks, or a NAT route. Also check `awslogs-region`.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "log-router",
        texts: &[&["log driver splunk", "dial tcp"]],
        failures: &[(Log, &[Refused, UnknownHost])],
        meaning: "the log driver cannot connect to its log router or server",
        remedy: "Start the log router before the other containers (dependsOn with START or HEALTHY), and check the address in `logConfiguration.options`.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "logs-throttled",
        failures: &[(Log, &[Throttled])],
        meaning: "CloudWatch Logs throttled the tasks",
        remedy: "Deploy again. If it happens often, start fewer tasks at the same time, or request a higher CreateLogStream quota.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "log-options",
        failures: &[(Log, &[Invalid, Other])],
        quotes: true,
        meaning: "the container's log configuration is not valid",
        remedy: "Correct `logConfiguration.options`: awslogs requires awslogs-group, awslogs-region and, on Fargate, awslogs-stream-prefix.",
        ..KnownCause::SPECIAL
    },
];
