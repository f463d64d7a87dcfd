//! The awslogs driver, as it starts with the task.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "log-group-missing",
        texts: &[&["the specified log group does not exist"]],
        meaning: "the log group that the task definition names does not exist",
        remedy: "Create it, or set `awslogs-create-group` to \"true\" and allow logs:CreateLogGroup to the execution role.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "logs-denied",
        texts: &[&["not authorized to perform: logs:"]],
        meaning: "the execution role may not write to the log group",
        remedy: "Allow logs:CreateLogStream and logs:PutLogEvents on the group to the execution role.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "logs-unreachable",
        texts: &[
            &["connection issue between the task and amazon cloudwatch"],
            &["failed to validate logger args", "signal: killed"],
            &["failed to validate logger args", "i/o timeout"],
        ],
        meaning: "the tasks cannot reach CloudWatch Logs from their subnets (the text speaks of a log group, but it is the network)",
        remedy: "Add the logs interface endpoint with private DNS and a security group that lets 443 in from the tasks, or a NAT route.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "log-options",
        texts: &[
            &["unable to get awslogs driver arguments"],
            &["failed to validate logger args"],
            &["failed to initialize logging driver"],
        ],
        meaning: "the container's log configuration cannot be used",
        remedy: "Correct `logConfiguration.options`: awslogs needs awslogs-group, awslogs-region and, on Fargate, awslogs-stream-prefix.",
        ..KnownCause::SPECIAL
    },
];
