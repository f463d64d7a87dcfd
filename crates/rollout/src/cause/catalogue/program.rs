//! What the program itself did. Exit codes choose among these where no text does.

use crate::cause::known_cause::KnownCause;

/// An exit code that no other cause claims.
pub(super) const CRASHED: KnownCause = KnownCause {
    id: "crashed",
    texts: &[&["essential container in task exited"]],
    general: true,
    meaning: "the program ended with an error",
    remedy: "Its last log lines say why; check command, environment and secrets.",
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
        meaning: "the container used more memory than it has",
        remedy: "Raise `memory` of the container or the task, or find what fills it.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "wrong-architecture",
        log_lines: &[&["exec format error"]],
        meaning: "the program in the image is for another CPU architecture",
        remedy: "Build for the architecture of runtimePlatform (--platform linux/amd64 or linux/arm64), or change cpuArchitecture.",
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
        meaning: "the program cannot listen: another one in the task has the port already",
        remedy: "Containers of a task share one network: give each a port of its own, and start only one server in each.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "port-denied",
        log_lines: &[&["bind", "permission denied"], &["listen", "eacces"]],
        meaning: "the program may not listen on its port: ports below 1024 are for root",
        remedy: "Listen on a higher port, and set containerPort and the target group to it.",
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
        meaning: "the program misses a setting",
        remedy: "Add it to `environment` or `secrets` of the container.",
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
        meaning: "the program cannot reach something that it needs, such as its database",
        remedy: "Check the address it uses, and that the other side's security group lets the tasks' in.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "exited-at-once",
        exit_codes: &[0],
        meaning: "an essential container did its work and ended with exit code 0; a service has to keep running",
        remedy: "Run the server in the foreground as the container's command; set `essential` to false for a container that is meant to end.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "killed",
        exit_codes: &[137],
        meaning: "the program was killed (SIGKILL), though nothing says that memory ran out",
        remedy: "Look at memory use all the same: a child process that runs out of memory is killed without a word. A container that ignores SIGTERM is killed after stopTimeout.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "segmentation-fault",
        log_lines: &[&["segmentation fault"]],
        exit_codes: &[139],
        meaning: "the program crashed with a segmentation fault (SIGSEGV)",
        remedy: "Run the image locally on the same architecture; often a native library does not fit the base image.",
        ..KnownCause::SPECIAL
    },
    CRASHED,
];
