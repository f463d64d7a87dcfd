//! Volumes: EFS, EBS and others.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;
use crate::cause::reason::Operation::{AttachEbs, CreateVolume, MountEfs};
use crate::cause::reason::Problem::{
    Denied, Missing, Other, Quota, Refused, Timeout, UnknownHost, Unreachable,
};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "efs-path",
        texts: &[
            &["mount.nfs", "no such file or directory"],
            &["efs utils", "no such file or directory"],
        ],
        meaning: "the root directory of the volume does not exist in the EFS file system {}",
        remedy: "Create it, or mount an access point whose root directory exists.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs",
        texts: &[&["efs", "connection reset by peer"]],
        failures: &[(MountEfs, &[Other])],
        quotes: true,
        meaning: "the EFS file system {} cannot be mounted",
        remedy: "If the mount targets are new, deploy again. Otherwise check the file system, its mount targets and their security group.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs-dns",
        texts: &[
            &["available mount target"],
            &["no mount target"],
            &["nosuchmounttarget"],
        ],
        failures: &[(MountEfs, &[UnknownHost])],
        meaning: "the name of the EFS file system {} cannot be resolved: it has no mount target in the task's availability zone, or DNS is off in the VPC",
        remedy: "Create a mount target in each availability zone of the tasks, and enable DNS resolution and DNS hostnames in the VPC.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs-unreachable",
        failures: &[(MountEfs, &[Unreachable, Refused, Timeout])],
        meaning: "the tasks cannot reach the EFS file system {}",
        remedy: "Allow TCP port 2049 from the tasks' security group in the mount targets' security group, and create a mount target in each of the tasks' availability zones.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs-denied",
        failures: &[(MountEfs, &[Denied])],
        meaning: "the EFS file system {} denies the mount",
        remedy: "Allow the task role elasticfilesystem:ClientMount and elasticfilesystem:ClientWrite, and check the file system's policy.",
        beside_denial: "Also check the policy of the file system.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "efs-missing",
        failures: &[(MountEfs, &[Missing])],
        meaning: "the EFS file system or access point {} does not exist in this account and region",
        remedy: "Correct fileSystemId and accessPointId of the volume, or create them.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "ebs-key",
        texts: &[&["idempotentparametermismatch"]],
        meaning: "the EBS volume cannot be created with its KMS key",
        remedy: "Check that the key exists, and that its policy allows the ECS infrastructure role to use it.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "ebs-denied",
        failures: &[(AttachEbs, &[Denied])],
        meaning: "the ECS infrastructure role is not allowed to create or attach the EBS volume",
        remedy: "Attach AmazonECSInfrastructureRolePolicyForVolumes to the infrastructure role.",
        beside_denial: "AmazonECSInfrastructureRolePolicyForVolumes contains all actions.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "ebs-quota",
        failures: &[(AttachEbs, &[Quota])],
        meaning: "the account's quota for EBS volumes is exhausted",
        remedy: "Request a higher quota in Service Quotas, or delete volumes that you do not need.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "ebs",
        failures: &[(AttachEbs, &[Other])],
        quotes: true,
        meaning: "the EBS volume {} cannot be attached to the task",
        remedy: "Check the snapshot, file system type, KMS key and availability zone of the volume configuration.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "mount-source",
        texts: &[
            &["mounting", "rootfs", "no such file or directory"],
            &["bind source path does not exist"],
        ],
        quotes: true,
        meaning: "the source of a mount does not exist (e.g. a path of the instance or a directory of the file system)",
        remedy: "Create it, or correct `volumes` and `mountPoints`.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "volume",
        failures: &[(CreateVolume, &[Other])],
        quotes: true,
        meaning: "a volume of the task cannot be created",
        remedy: "Check the volume's driver and options in the task definition, and the permissions of the task's roles.",
        ..KnownCause::SPECIAL
    },
];
