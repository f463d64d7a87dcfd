//! Starting the container: volumes, devices, users, roles.

use super::Class;

pub(super) const CLASSES: &[Class] = &[
    Class {
        id: "efs-unreachable",
        texts: &[
            &["efs", "mount.nfs4: connection timed out"],
            &["efs utils", "failed due to timeout"],
        ],
        log_lines: &[],
        meaning: "the tasks cannot reach the EFS file system",
        remedy: "Let TCP 2049 in at the mount targets' security group from the tasks', with a mount target in each of their availability zones.",
    },
    Class {
        id: "efs-denied",
        texts: &[&["efs", "access denied by server while mounting"]],
        log_lines: &[],
        meaning: "the EFS file system refuses the mount",
        remedy: "Allow elasticfilesystem:ClientMount and ClientWrite to the task role, and check the file system's policy.",
    },
    Class {
        id: "efs-path",
        texts: &[&["efs", "reason given by server: no such file or directory"]],
        log_lines: &[],
        meaning: "the root directory of the volume does not exist in the EFS file system",
        remedy: "Create it, or mount through an access point that does.",
    },
    Class {
        id: "efs",
        texts: &[&["failed to invoke efs utils commands"]],
        log_lines: &[],
        meaning: "the EFS volume cannot be mounted",
        remedy: "If the mount targets are new, try again; else read the text.",
    },
    Class {
        id: "user-by-name",
        texts: &[&["etc/passwd: no such file or directory"]],
        log_lines: &[],
        meaning: "the image names its user, but has no /etc/passwd (as one built FROM scratch)",
        remedy: "Use numbers: USER 65532:65532.",
    },
    Class {
        id: "mount-on-file",
        texts: &[&["error mounting", "not a directory"]],
        log_lines: &[],
        meaning: "a volume is mounted onto a path that is a file in the image",
        remedy: "Mount directories only.",
    },
    Class {
        id: "device-missing",
        texts: &[&["error gathering device information"]],
        log_lines: &[],
        meaning: "the task definition lists a device that the host does not have",
        remedy: "Remove linuxParameters.devices; Fargate has none.",
    },
    Class {
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
        meaning: "the command that the container shall run is not in the image",
        remedy: "Check command and entryPoint against the image; a script needs its interpreter, and line ends of Unix.",
    },
    Class {
        id: "command-not-executable",
        texts: &[&["oci runtime create failed", "permission denied"]],
        log_lines: &[&["exec ", ": permission denied"]],
        meaning: "the command that the container shall run is not executable",
        remedy: "Set the file's mode in the image: chmod +x.",
    },
    Class {
        id: "role-not-assumable",
        texts: &[&["unable to assume", "role", "provided for this task"]],
        log_lines: &[],
        meaning: "ECS may not assume the task's role",
        remedy: "Let ecs-tasks.amazonaws.com assume taskRoleArn and executionRoleArn in their trust policies, and check that the roles exist.",
    },
    Class {
        id: "container-start",
        texts: &[
            &["cannotstartcontainererror"],
            &["oci runtime create failed"],
            &["containerruntimetimeouterror"],
            &["cannotcreatevolumeerror"],
            &["cannotinspectcontainererror"],
        ],
        log_lines: &[],
        meaning: "the container runtime could not start the container",
        remedy: "Read the end of the text: the command, its permissions, or a mount.",
    },
];
