//! Logging: the log driver, which starts before the container.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "log-group-missing",
        texts: &[&["the specified log group does not exist"]],
        meaning: "the log group of the task definition does not exist",
        remedy: "Create it, or set `awslogs-create-group` to \"true\" and allow the execution role logs:CreateLogGroup.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "logs-denied",
        texts: &[&["not authorized to perform: logs:"]],
        meaning: "the execution role is not allowed to write to the log group",
        remedy: "Allow the execution role logs:CreateLogStream and logs:PutLogEvents on the log group.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "logs-unreachable",
        texts: &[
            &["connection issue between the task and amazon cloudwatch"],
            &["failed to validate logger args", "signal: killed"],
            &["failed to validate logger args", "i/o timeout"],
        ],
        meaning: "the tasks cannot reach CloudWatch Logs from their subnets (AWS's text mentions a log group, but the problem is the network)",
        remedy: "Add the logs interface endpoint with private DNS and a security group that accepts port 443 from the tasks, or a NAT route.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "log-options",
        texts: &[
            &["unable to get awslogs driver arguments"],
            &["failed to validate logger args"],
            &["failed to initialize logging driver"],
        ],
        meaning: "the container's log configuration is not valid",
        remedy: "Correct `logConfiguration.options`: awslogs requires awslogs-group, awslogs-region and, on Fargate, awslogs-stream-prefix.",
        ..KnownCause::SPECIAL
    },
];
