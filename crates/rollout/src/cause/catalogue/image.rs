//! Pulling the image: the registry, the network path to it, and its contents.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;
use crate::cause::reason::Operation::{
    PullFromDockerHub, PullFromEcr, PullFromLibrary, PullFromOther, PullImage, PullLayers,
    RegistryLogin,
};
use crate::cause::reason::Problem::{
    Corrupt, Denied, DiskFull, Invalid, Missing, MissingOrPrivate, Other, Refused, ServerError,
    Throttled, Timeout, UnknownHost, Unreachable, Untrusted, WrongPlatform,
};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "image-platform",
        failures: &[(PullImage, &[WrongPlatform])],
        meaning: "the image {} was not built for the CPU architecture or operating system of the tasks",
        remedy: "Build with --platform linux/amd64, or set runtimePlatform.cpuArchitecture to ARM64. An image index with both platforms works for both.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-attestation",
        texts: &[&["application/vnd.in-toto+json"]],
        meaning: "the digest names a build attestation, not an image",
        remedy: "Deploy the digest of the image index or of the platform's manifest, or build with --provenance=false --sbom=false.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-too-large",
        failures: &[(PullImage, &[DiskFull])],
        meaning: "the image {} does not fit into the task's ephemeral storage, which has 20 GiB by default",
        remedy: "Set ephemeralStorage.sizeInGiB to a value from 21 to 200, or use a smaller image. On EC2, free disk space or enlarge the instance's volume.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "endpoint-policy",
        texts: &[&["not authorized to perform", "no vpc endpoint policy allows"]],
        meaning: "the policy of a VPC endpoint denies the call",
        remedy: "Allow the call in the endpoint's policy. For ECR: ecr:GetAuthorizationToken on * and the pull actions on the repository.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-key",
        texts: &[&["cannotpull", "kmsaccess"], &["cannotpull", "kms key"]],
        quotes: true,
        meaning: "the KMS key of the image's repository cannot be used",
        remedy: "Check that the key is enabled, and that its policy still has the grants of ECR.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "ecr-denied",
        failures: &[
            (PullFromEcr, &[Denied]),
            (RegistryLogin, &[Denied]),
            (PullImage, &[Denied]),
        ],
        meaning: "the execution role is not allowed to pull the image {}",
        remedy: "Attach AmazonECSTaskExecutionRolePolicy to the execution role. If the repository belongs to another account, its repository policy must allow the pull, too.",
        beside_denial: "AmazonECSTaskExecutionRolePolicy contains all actions of a pull. If the repository belongs to another account, its repository policy must allow the pull, too.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "ecr-unreachable",
        texts: &[&["registry auth: pull command failed", "signal: killed"]],
        failures: &[
            (PullFromEcr, &[Unreachable, Refused, Timeout]),
            (RegistryLogin, &[Unreachable, Refused, Timeout, UnknownHost]),
        ],
        meaning: "the tasks cannot reach Amazon ECR from their subnets",
        remedy: "Public subnet: set assignPublicIp to ENABLED. Private subnet: add a NAT route. Isolated subnet: add the ecr.api and ecr.dkr interface endpoints (with private DNS and a security group that accepts port 443 from the tasks) and the S3 gateway endpoint.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "docker-hub-unreachable",
        failures: &[(
            PullFromDockerHub,
            &[Unreachable, Refused, Timeout, UnknownHost],
        )],
        meaning: "the tasks cannot reach Docker Hub from their subnets[ to pull {}]",
        remedy: "Copy the image to ECR (e.g. with a pull-through cache), or add a NAT route.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "docker-hub-limit",
        texts: &[&["unexpected status code https://registry-1.docker.io"]],
        failures: &[
            (PullFromDockerHub, &[Throttled, ServerError]),
            (PullImage, &[Throttled]),
        ],
        meaning: "Docker Hub rejected the pull[ of {}]: its rate limit is reached, or it is not available",
        remedy: "Copy the image to ECR (e.g. with a pull-through cache), including images of sidecars, or pull with credentials.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "registry-limit",
        failures: &[(PullFromEcr, &[Throttled]), (PullFromOther, &[Throttled])],
        meaning: "the registry throttled the pull[ of {}]",
        remedy: "Deploy again later. Copy images of public registries to ECR (e.g. with a pull-through cache).",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-without-registry",
        failures: &[(PullFromLibrary, &[MissingOrPrivate, Denied])],
        meaning: "the image reference {} has no registry, so it was pulled from Docker Hub, where the image does not exist",
        remedy: "Write the full URI: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:….",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "registry-denied",
        failures: &[
            (PullFromDockerHub, &[MissingOrPrivate, Denied]),
            (PullFromOther, &[MissingOrPrivate, Denied]),
        ],
        meaning: "the image {} does not exist, or its registry requires credentials",
        remedy: "Check the image reference. For a private registry, set repositoryCredentials of the container to a secret with the user name and password, and allow the execution role to read it.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-missing",
        failures: &[(PullImage, &[Missing, MissingOrPrivate])],
        meaning: "the image {} or its repository does not exist",
        remedy: "Push the image before you deploy it, and deploy by digest. Check the account, region and repository in the URI, and whether a lifecycle policy deleted the image.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-digest",
        texts: &[&["image digest resolution"]],
        meaning: "ECS cannot resolve the tag of an image to a digest: the image or its repository does not exist, or the execution role may not read it",
        remedy: "Push the image before you deploy it, and deploy by digest. The execution role needs AmazonECSTaskExecutionRolePolicy.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "registry-host",
        failures: &[(PullImage, &[UnknownHost])],
        meaning: "the host name of the registry cannot be resolved[: {}]",
        remedy: "Correct the image URI, e.g. ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY. If it is correct, enable DNS resolution (enableDnsSupport) in the VPC.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "registry-untrusted",
        failures: &[(PullImage, &[Untrusted]), (RegistryLogin, &[Untrusted])],
        meaning: "the TLS certificate of the registry is not trusted",
        remedy: "Use a registry with a certificate of a public certificate authority. Also check whether a proxy or firewall intercepts TLS.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-reference",
        failures: &[(PullImage, &[Invalid])],
        meaning: "the image reference {} is not valid, or the image has an unsupported format",
        remedy: "Write it as HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:DIGEST, in lower case and without https://.",
        quotes: true,
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "layers-denied",
        failures: &[(PullLayers, &[Denied, Missing, Other])],
        quotes: true,
        meaning: "the tasks are not allowed to download the layers of the image from ECR's bucket in S3",
        remedy: "Allow s3:GetObject on arn:aws:s3:::prod-REGION-starport-layer-bucket/* in the policy of the S3 gateway endpoint.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "layers-unreachable",
        failures: &[(PullLayers, &[Unreachable, Refused, Timeout])],
        meaning: "the tasks received the manifest but cannot download the layers[ of {}]: ECR stores them in S3, which the tasks cannot reach",
        remedy: "Add the S3 gateway endpoint to the route tables of the tasks' subnets, and allow outbound port 443 to its prefix list.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "registry-unreachable",
        failures: &[(PullImage, &[Unreachable, Refused, Timeout])],
        meaning: "the tasks cannot reach the registry of the image {} from their subnets",
        remedy: "Add a NAT route, a public IP in a public subnet or, for ECR, the ecr.api, ecr.dkr and S3 endpoints.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "registry-error",
        failures: &[(PullImage, &[ServerError]), (RegistryLogin, &[ServerError])],
        meaning: "the registry of the image {} answered with an internal error",
        remedy: "Deploy again. If it persists, check the status page of the registry.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-layer",
        failures: &[(PullImage, &[Corrupt])],
        quotes: true,
        meaning: "a layer of the image {} cannot be unpacked",
        remedy: "Build and push the image again. If the text names a user ID, use IDs below 65536 in the image.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-pull",
        failures: &[(PullImage, &[Other]), (RegistryLogin, &[Other])],
        quotes: true,
        meaning: "the image {} cannot be pulled",
        remedy: "Check that the image exists, that the execution role is allowed to pull it, and that the subnet has a route to the registry.",
        ..KnownCause::SPECIAL
    },
];
