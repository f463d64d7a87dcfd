//! Starting the container: volumes, devices, users, roles.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "efs-unreachable",
        texts: &[
            &["efs", "mount.nfs4: connection timed out"],
            &["efs utils", "failed due to timeout"],
        ],
        meaning: "the tasks cannot reach the EFS file system",
        remedy: "Allow TCP port 2049 from the tasks' security group in the mount targets' security group, and create a mount target in each of the tasks' availability zones.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs-denied",
        texts: &[&["efs", "access denied by server while mounting"]],
        meaning: "the EFS file system denies the mount",
        remedy: "Allow the task role elasticfilesystem:ClientMount and elasticfilesystem:ClientWrite, and check the file system's policy.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs-path",
        texts: &[&["efs", "reason given by server: no such file or directory"]],
        meaning: "the root directory of the volume does not exist in the EFS file system",
        remedy: "Create it, or mount an access point whose root directory exists.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs",
        texts: &[&["failed to invoke efs utils commands"]],
        meaning: "the EFS volume cannot be mounted",
        remedy: "If the mount targets are new, deploy again. Otherwise check the file system, its mount targets and their security group.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "user-by-name",
        texts: &[&["etc/passwd: no such file or directory"]],
        meaning: "the image sets its user by name but has no /etc/passwd (e.g. an image built FROM scratch)",
        remedy: "Use numeric IDs in the Dockerfile, e.g. USER 65532:65532.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "mount-on-file",
        texts: &[&["error mounting", "not a directory"]],
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
        id: "command-missing",
        texts: &[
            &["executable file not found"],
            &["stat ", "no such file or directory: unknown"],
            &["exec: ", "no such file or directory"],
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
        texts: &[&["oci runtime create failed", "permission denied"]],
        log_lines: &[&["exec ", ": permission denied"]],
        exit_codes: &[126],
        meaning: "the container's command is not executable",
        remedy: "Make the file executable in the image: RUN chmod +x FILE.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "role-not-assumable",
        texts: &[&["unable to assume", "role", "provided for this task"]],
        meaning: "ECS cannot assume a role of the task",
        remedy: "Check that taskRoleArn and executionRoleArn exist and that their trust policies allow ecs-tasks.amazonaws.com to assume them.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "container-start",
        texts: &[
            &["cannotstartcontainererror"],
            &["oci runtime create failed"],
            &["containerruntimetimeouterror"],
            &["cannotcreatevolumeerror"],
            &["cannotinspectcontainererror"],
        ],
        meaning: "the container runtime could not start the container",
        remedy: "The end of AWS's text names the reason: check the command, its permissions and the mounts.",
        ..KnownCause::SPECIAL
    },
];
