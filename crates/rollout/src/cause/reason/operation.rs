//! The operation of ECS that a text is about.

use super::ecr;
use super::problem::Problem;

/// What ECS was doing when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Pulls an image from a registry that the text does not name.
    PullImage,
    PullFromDockerHub,
    /// Pulls an image whose reference has no registry: runtimes ask Docker Hub's official images.
    PullFromLibrary,
    PullFromEcr,
    /// Pulls from a registry that is neither ECR nor Docker Hub.
    PullFromOther,
    /// Downloads the layers of an image in ECR, which are in S3.
    PullLayers,
    /// Asks ECR for a login.
    RegistryLogin,
    /// Reads a secret from Secrets Manager.
    ReadSecret,
    /// Reads a parameter from the Parameter Store.
    ReadParameter,
    /// Reads secrets or logs in to a registry: the text does not say which.
    Prepare,
    /// Downloads an environment file from S3.
    ReadEnvFile,
    /// Starts the log driver.
    Log,
    MountEfs,
    AttachEbs,
    /// Another kind of volume.
    CreateVolume,
    /// Creates or attaches the network interface of the task.
    AttachNetwork,
    /// Finds capacity for the task.
    Place,
    /// Assumes the task's roles.
    AssumeRole,
    AssumeServiceLinkedRole,
    AssumeInfrastructureRole,
    /// Registers the task in AWS Cloud Map.
    RegisterInCloudMap,
    ConnectServices,
    /// Registers targets in a target group.
    RegisterTargets,
    StartContainer,
    StopContainer,
}

use Operation::{
    AssumeInfrastructureRole, AssumeRole, AssumeServiceLinkedRole, AttachEbs, AttachNetwork,
    ConnectServices, CreateVolume, Log, MountEfs, Place, Prepare, PullFromDockerHub, PullFromEcr,
    PullFromLibrary, PullFromOther, PullImage, PullLayers, ReadEnvFile, ReadParameter, ReadSecret,
    RegisterInCloudMap, RegisterTargets, RegistryLogin, StartContainer, StopContainer,
};

/// The words by which an operation is recognized. The first operation with a word in the text is the
/// one; what is inside of another operation precedes it.
const WORDS: &[(Operation, &[&str])] = &[
    (PullImage, &["cannotpull"]),
    (
        AssumeServiceLinkedRole,
        &["service linked role", "service-linked role"],
    ),
    (
        AssumeInfrastructureRole,
        &["assume the configured ecs infrastructure role"],
    ),
    (
        AssumeRole,
        &[
            "unable to assume",
            "cannot assume",
            "cannot be assumed",
            "could not be assumed",
            "could not assume",
            "failed to assume",
            "sts:assumerole",
        ],
    ),
    (
        ReadEnvFile,
        &["env file", "envfile", "environment file", "environmentfile"],
    ),
    (
        ReadSecret,
        &[
            "secretsmanager",
            "secrets manager",
            " asm",
            "secret data from",
        ],
    ),
    (
        ReadParameter,
        &[
            " ssm ",
            " ssm:",
            "from ssm",
            "parameter store",
            "ssm:get",
            "systems manager",
        ],
    ),
    (
        RegistryLogin,
        &["registry auth", "getauthorizationtoken", "registry login"],
    ),
    (
        MountEfs,
        &[
            " efs",
            "amazon-efs",
            "elasticfilesystem",
            "mount.nfs",
            ".efs.",
        ],
    ),
    (
        AttachEbs,
        &[
            " ebs ",
            "ebs volume",
            "ec2:createvolume",
            "ec2:attachvolume",
        ],
    ),
    (
        RegisterInCloudMap,
        &[
            "service discovery",
            "servicediscovery",
            "cloud map",
            "cloudmap",
        ],
    ),
    (ConnectServices, &["service connect", "serviceconnect"]),
    (
        Log,
        &[
            "logger args",
            "logging driver",
            "log driver",
            "logdriver",
            "awslogs",
            "log group",
            "log stream",
            "loggroup",
            "logstream",
            "cloudwatch logs",
            "amazon cloudwatch",
            " logs:",
            "firelens",
            "log router",
        ],
    ),
    (
        Place,
        &[
            "resource:cpu",
            "resource:fargate",
            "resource:memory",
            "resource:eni",
            "resource:ports",
            "resource:gpu",
            "resource:device",
            "resource:disk",
            "no container instance",
            "met all of its requirements",
            "capacity provider",
            "placement constraint",
            "memberof",
            "attribute",
            "no active instances",
        ],
    ),
    (
        AttachNetwork,
        &[
            "network interface",
            "networkinterface",
            " eni",
            "unexpected ec2 error",
            "netplugin",
            "freeaddressesinsubnet",
        ],
    ),
    (
        RegisterTargets,
        &["register targets", "registertargets", "targetgroupnotfound"],
    ),
    (
        PullImage,
        &[
            "pull image",
            "pulling image",
            "ref pull",
            "inspect image",
            "pull access denied",
            "pull the image",
            "the task cannot pull",
            "failed to resolve ref",
            "manifest unknown",
            "failed to extract layer",
            "failed to register layer",
            "failed to unpack image",
            "pull command failed",
            "pull rate limit",
            "toomanyrequests",
            "getimageblob",
            "httpread",
            "ecr:batch",
            "ecr:getdownload",
            "no basic auth credentials",
            "requested access to the resource",
            "context canceled",
            "request canceled while waiting for connection",
        ],
    ),
    (
        CreateVolume,
        &[
            "cannotcreatevolume",
            "create volume",
            "fsx",
            "s3 files",
            "mounting volume",
        ],
    ),
    (
        StopContainer,
        &["cannotstopcontainer", "cannotkillcontainer"],
    ),
    (
        StartContainer,
        &[
            "cannotstart",
            "cannotcreatecontainer",
            "cannotinspect",
            "containerruntime",
            "dockertimeouterror",
            "oci runtime",
            "runc create",
            "container process",
            "container init",
            "new container",
            "could not transition to",
            "transition start",
            "container dependenc",
            "dependency container",
            "dependent container",
            "error response from daemon",
        ],
    ),
    (Prepare, &["resourceinitializationerror"]),
];

impl Operation {
    /// The operation of a text in its plain form.
    pub(super) fn of(text: &str) -> Option<Self> {
        let padded = format!(" {text} ");
        let has = |words: &[&str]| words.iter().any(|word| padded.contains(word));
        let found = WORDS.iter().find(|(_, words)| has(words));
        found.map(|(operation, _)| *operation)
    }

    /// The registry, or the part of the pull, of a text that is about pulling `image`.
    pub(super) fn refined(self, text: &str, problem: Problem, image: Option<&str>) -> Self {
        if self != PullImage {
            return self;
        }
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        // ECR's own bucket for layers.
        let is_layer = has(&["starport-layer"])
            || problem == Problem::Unreachable
                && has(&[
                    "failed to copy",
                    "httpread",
                    "nil pointer dereference",
                    "download failed after",
                ]);
        let (host, path) = match image.map(|image| image.split_once('/')) {
            Some(Some((host, path))) if host.contains(['.', ':']) => (Some(host), path),
            Some(Some((_, path))) => (Some("docker.io"), path),
            Some(None) => match image {
                // A host alone, of a URL.
                Some(host) if host.contains('.') && !host.contains(':') => (Some(host), host),
                _ => (Some("docker.io"), "library/"),
            },
            None => (None, ""),
        };
        let is_ecr = ecr::is_named(text);
        match host {
            _ if is_layer && (is_ecr || host.is_none()) && !has(&["docker.io", "docker.com"]) => {
                PullLayers
            }
            Some(host) if ecr::is_named(host) => PullFromEcr,
            _ if has(&["docker.io/library/"]) => PullFromLibrary,
            _ if has(&["docker.io", "docker.com", "docker hub"]) => PullFromDockerHub,
            _ if is_ecr => PullFromEcr,
            Some("docker.io") if path == "library/" => PullFromLibrary,
            Some("docker.io") => PullFromDockerHub,
            Some(_) => PullFromOther,
            None => PullImage,
        }
    }

    /// The operation of which this one is a special case.
    pub(in crate::cause) fn general(self) -> Option<Self> {
        match self {
            PullFromLibrary => Some(PullFromDockerHub),
            PullFromDockerHub | PullFromEcr | PullFromOther | PullLayers => Some(PullImage),
            _ => None,
        }
    }
}
