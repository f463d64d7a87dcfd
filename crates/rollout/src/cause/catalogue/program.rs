//! Failures of the program itself, from its log, its exit code or the container's reason.
//!
//! Decided here: which texts and exit codes mean which problem. Never here: in which order evidence
//! is considered.

use crate::cause::known_cause::KnownCause;

/// The cause for every exit code that no other cause lists.
pub(super) const CRASHED: KnownCause = KnownCause {
    id: "crashed",
    texts: &[&["essential container in task exited"]],
    general: true,
    meaning: "the program exited with an error",
    remedy: "Read its last log lines, and check command, environment and secrets.",
    ..KnownCause::SPECIAL
};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "out-of-memory",
        texts: &[&["outofmemoryerror"]],
        log_lines: &[
            &["java.lang.outofmemoryerror"],
            &["javascript heap out of memory"],
            &["fatal error: runtime: out of memory"],
        ],
        meaning: "the container used more memory than its limit",
        remedy: "Increase `memory` of the container or the task, or reduce the memory use of the program.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "port-in-use",
        log_lines: &[
            &["address already in use"],
            &["eaddrinuse"],
            &["port", "already in use"],
            &["only one usage of each socket address"],
        ],
        meaning: "the program cannot listen on its port, because another process in the task already uses it",
        remedy: "The containers of a task share one network: use a different port in each, and start the server only once.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "port-denied",
        log_lines: &[&["bind", "permission denied"], &["listen", "eacces"]],
        meaning: "the program is not allowed to listen on its port: ports below 1024 require root",
        remedy: "Listen on a higher port, e.g. 8080, and use it in containerPort and in the target group.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "variable-missing",
        log_lines: &[
            &["environment variable", "not set"],
            &["environment variable", "not found"],
            &["environment variable", "required"],
            &["missing", "environment variable"],
            &["keyerror: '"],
        ],
        meaning: "the program requires an environment variable that is not set",
        remedy: "Add the variable to `environment` or `secrets` of the container.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "dependency-unreachable",
        log_lines: &[
            &["econnrefused"],
            &["connection refused"],
            &["etimedout"],
            &["connection timed out"],
            &["could not connect to server"],
            &["could not translate host name"],
            &["enotfound"],
            &["name or service not known"],
        ],
        meaning: "the program cannot reach a service that it needs, e.g. its database",
        remedy: "Check the configured address, and allow the tasks' security group in the security group of that service.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "exited-at-once",
        exit_codes: &[0],
        meaning: "an essential container exited with code 0, but the containers of a service must keep running",
        remedy: "Run the server in the foreground as the container's command. Set `essential` to false for a container that is meant to exit.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "killed",
        exit_codes: &[137],
        meaning: "the program was killed (SIGKILL), but ECS does not report that memory ran out",
        remedy: "Check the memory use anyway: ECS does not report a child process that was killed for its memory. A container that ignores SIGTERM is killed after stopTimeout.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "segmentation-fault",
        log_lines: &[&["segmentation fault"]],
        exit_codes: &[139],
        meaning: "the program crashed with a segmentation fault (SIGSEGV)",
        remedy: "Run the image locally on the same architecture. Often a native library does not match the base image.",
        ..KnownCause::SPECIAL
    },
    CRASHED,
];
