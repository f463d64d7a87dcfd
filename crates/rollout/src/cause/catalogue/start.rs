//! Starting the container: volumes, devices, users, roles.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "efs-unreachable",
        texts: &[
            &["efs", "mount.nfs4: connection timed out"],
            &["efs utils", "failed due to timeout"],
        ],
        meaning: "the tasks cannot reach the EFS file system",
        remedy: "Let TCP 2049 in at the mount targets' security group from the tasks', with a mount target in each of their availability zones.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs-denied",
        texts: &[&["efs", "access denied by server while mounting"]],
        meaning: "the EFS file system refuses the mount",
        remedy: "Allow elasticfilesystem:ClientMount and ClientWrite to the task role, and check the file system's policy.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs-path",
        texts: &[&["efs", "reason given by server: no such file or directory"]],
        meaning: "the root directory of the volume does not exist in the EFS file system",
        remedy: "Create it, or mount through an access point that does.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs",
        texts: &[&["failed to invoke efs utils commands"]],
        meaning: "the EFS volume cannot be mounted",
        remedy: "If the mount targets are new, try again; else read the text.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "user-by-name",
        texts: &[&["etc/passwd: no such file or directory"]],
        meaning: "the image names its user, but has no /etc/passwd (as one built FROM scratch)",
        remedy: "Use numbers: USER 65532:65532.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "mount-on-file",
        texts: &[&["error mounting", "not a directory"]],
        meaning: "a volume is mounted onto a path that is a file in the image",
        remedy: "Mount directories only.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "device-missing",
        texts: &[&["error gathering device information"]],
        meaning: "the task definition lists a device that the host does not have",
        remedy: "Remove linuxParameters.devices; Fargate has none.",
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
        meaning: "the command that the container shall run is not in the image",
        remedy: "Check command and entryPoint against the image; a script needs its interpreter, and line ends of Unix.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "command-not-executable",
        texts: &[&["oci runtime create failed", "permission denied"]],
        log_lines: &[&["exec ", ": permission denied"]],
        exit_codes: &[126],
        meaning: "the command that the container shall run is not executable",
        remedy: "Set the file's mode in the image: chmod +x.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "role-not-assumable",
        texts: &[&["unable to assume", "role", "provided for this task"]],
        meaning: "ECS may not assume the task's role",
        remedy: "Let ecs-tasks.amazonaws.com assume taskRoleArn and executionRoleArn in their trust policies, and check that the roles exist.",
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
        remedy: "Read the end of the text: the command, its permissions, or a mount.",
        ..KnownCause::SPECIAL
    },
];
