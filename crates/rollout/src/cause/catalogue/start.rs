//! Starting the container: its command, user, dependencies, resources and roles.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;
use crate::cause::reason::Operation::{
    AssumeRole, AssumeServiceLinkedRole, StartContainer, StopContainer,
};
use crate::cause::reason::Problem::{
    Denied, DiskFull, InUse, NoMemory, Other, ReadOnly, Timeout, Unreachable, WrongPlatform,
};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "dependency-failed",
        texts: &[
            &["dependency container"],
            &["dependent container"],
            &["container dependenc"],
        ],
        quotes: true,
        meaning: "a container did not start because a container on which it depends failed (dependsOn)",
        remedy: "Read the logs of the container on which it depends, and check its `condition` in dependsOn.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "user-by-name",
        texts: &[
            &["etc/passwd: no such file or directory"],
            &["unable to find user"],
            &["no matching entries in passwd"],
            &["unable to find group"],
            &["no users found"],
        ],
        meaning: "the user of the container does not exist in the image (e.g. an image built FROM scratch has no /etc/passwd)",
        remedy: "Use numeric IDs in the Dockerfile or in `user`, e.g. USER 65532:65532.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "mount-on-file",
        texts: &[
            &["error mounting", "not a directory"],
            &["are you trying to mount a directory onto a file"],
        ],
        meaning: "a volume is mounted onto a path that is a file in the image",
        remedy: "Mount the volume at a directory: set containerPath to a directory.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "device-missing",
        texts: &[&["error gathering device information"]],
        meaning: "the task definition lists a device that the host does not have",
        remedy: "Remove linuxParameters.devices: Fargate does not support devices.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "gpu",
        texts: &[&["nvidia-container-cli"], &["nvidia", "prestart hook"]],
        quotes: true,
        meaning: "the container requires a GPU or an NVIDIA driver that the instance does not provide",
        remedy: "Use the GPU-optimized ECS AMI and an instance type with a GPU, and check that the driver supports the CUDA version of the image.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "working-directory",
        texts: &[&["chdir to cwd"], &["mkdir", "cwd"]],
        meaning: "the working directory of the container does not exist in the image, or its user cannot access it",
        remedy: "Correct workingDirectory, or create the directory in the image with access for the container's user.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "resource-limits",
        texts: &[&["setting rlimit"], &["ulimit"], &["sysctl"]],
        quotes: true,
        meaning: "the container's ulimits or kernel parameters are not allowed",
        remedy: "Remove or lower `ulimits` and `systemControls`: Fargate supports only some of them.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "command-missing",
        texts: &[
            &["executable file not found"],
            &["stat ", "no such file or directory"],
            &["exec: ", "no such file or directory"],
            &["exec ", ": no such file or directory"],
            &["no command specified"],
        ],
        log_lines: &[
            &["exec ", ": no such file or directory"],
            &["executable file not found"],
        ],
        exit_codes: &[127],
        meaning: "the container's command is not in the image",
        remedy: "Compare command and entryPoint with the image. A script also needs its interpreter and Unix line endings.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "command-not-executable",
        failures: &[(StartContainer, &[Denied])],
        log_lines: &[&["exec ", ": permission denied"]],
        exit_codes: &[126],
        meaning: "the container's command is not executable",
        remedy: "Make the file executable in the image: RUN chmod +x FILE.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "host-port-in-use",
        failures: &[(StartContainer, &[InUse])],
        quotes: true,
        meaning: "the container cannot use a port or name of the container instance, because another container already uses it (EC2 launch type)",
        remedy: "Use hostPort 0 (a dynamic port) or networkMode awsvpc, or place only one such task per instance.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "container-memory",
        failures: &[(StartContainer, &[NoMemory])],
        meaning: "the container has too little memory to start",
        remedy: "Increase `memory` of the container and of the task.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "disk-full",
        failures: &[(StartContainer, &[DiskFull])],
        log_lines: &[&["no space left on device"], &["enospc"]],
        meaning: "the ephemeral storage of the task, which has 20 GiB by default, is full",
        remedy: "Set ephemeralStorage.sizeInGiB to a value from 21 to 200, or write less to disk. On EC2, free disk space on the instance.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "read-only-file-system",
        failures: &[(StartContainer, &[ReadOnly])],
        log_lines: &[&["read-only file system"], &["erofs"]],
        meaning: "the container writes to a path of its read-only file system",
        remedy: "Mount a volume at this path, or set readonlyRootFilesystem to false.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "start-timeout",
        failures: &[(StartContainer, &[Timeout, Unreachable])],
        quotes: true,
        meaning: "the container did not start in time",
        remedy: "Check that the subnet has a route to ECR, S3, CloudWatch Logs and Secrets Manager. If it does, increase startTimeout, or the CPU and disk throughput of the instance.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "service-linked-role",
        failures: &[(AssumeServiceLinkedRole, &[Other])],
        meaning: "ECS cannot assume its service-linked role AWSServiceRoleForECS",
        remedy: "Create it (aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com). If it exists already, deploy again.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "role-not-assumable",
        failures: &[(AssumeRole, &[Other])],
        meaning: "ECS cannot assume the role {} of the task",
        remedy: "Check that taskRoleArn and executionRoleArn exist, that their trust policies allow ecs-tasks.amazonaws.com to assume them (sts:AssumeRole), and that whoever deploys has iam:PassRole for them.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "wrong-architecture",
        failures: &[(StartContainer, &[WrongPlatform])],
        log_lines: &[&["exec format error"]],
        meaning: "the program in the image is built for another CPU architecture",
        remedy: "Build for the architecture of runtimePlatform (--platform linux/amd64 or linux/arm64), or change cpuArchitecture.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "container-stop",
        failures: &[(StopContainer, &[Other])],
        quotes: true,
        meaning: "the container runtime could not stop a container",
        remedy: "Let the program end on SIGTERM within stopTimeout. On EC2, check the instance: its disk or container runtime may be overloaded.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "container-start",
        failures: &[(StartContainer, &[Other])],
        quotes: true,
        meaning: "the container runtime could not start the container",
        remedy: "Check the container's command, user, mounts and resource limits.",
        ..KnownCause::SPECIAL
    },
];
