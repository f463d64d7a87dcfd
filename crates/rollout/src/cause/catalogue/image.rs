//! Pulling the image: the registry, the network path to it, and its contents.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "image-platform",
        texts: &[&["does not contain descriptor matching platform"]],
        meaning: "the image was not built for the CPU architecture that the tasks run on",
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
        id: "endpoint-policy",
        texts: &[&["not authorized to perform", "no vpc endpoint policy allows"]],
        meaning: "the policy of a VPC endpoint denies the call",
        remedy: "Allow the call in the endpoint's policy. For ECR: ecr:GetAuthorizationToken on * and the pull actions on the repository.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "ecr-denied",
        texts: &[
            &["not authorized to perform: ecr:"],
            &["failed to resolve ref", "403 forbidden"],
            &["failed to resolve ref", "401 unauthorized"],
        ],
        meaning: "the execution role is not allowed to pull the image",
        remedy: "Attach AmazonECSTaskExecutionRolePolicy to the execution role. If the repository belongs to another account, its repository policy must allow the pull, too.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "ecr-unreachable",
        texts: &[
            &[
                "cannot pull registry auth from amazon ecr",
                "connection issue",
            ],
            &[
                "unable to retrieve ecr registry auth",
                "request send failed",
            ],
            &[
                "unable to retrieve ecr registry auth",
                "send request failed",
            ],
            &["unable to pull secrets or registry auth", "signal: killed"],
            &[
                "from the amazon ecr repository",
                "connection issue between the task and amazon ecr",
            ],
        ],
        meaning: "the tasks cannot reach Amazon ECR from their subnets",
        remedy: "Public subnet: set assignPublicIp to ENABLED. Private subnet: add a NAT route. Isolated subnet: add the ecr.api and ecr.dkr interface endpoints (with private DNS and a security group that accepts port 443 from the tasks) and the S3 gateway endpoint.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "docker-hub-unreachable",
        texts: &[
            &["registry-1.docker.io", "i/o timeout"],
            &["docker.io", "dial tcp", "i/o timeout"],
        ],
        meaning: "the tasks cannot reach Docker Hub from their subnets",
        remedy: "Copy the image to ECR (e.g. with a pull-through cache), or add a NAT route.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "docker-hub-limit",
        texts: &[
            &["toomanyrequests"],
            &["reached your pull rate limit"],
            &["unexpected status code https://registry-1.docker.io"],
        ],
        meaning: "Docker Hub rejected the pull: its rate limit is reached, or it is not available",
        remedy: "Copy the image to ECR (e.g. with a pull-through cache), including images of sidecars, or pull with credentials.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-without-registry",
        texts: &[&[
            "failed to resolve ref docker.io/library/",
            "pull access denied",
        ]],
        meaning: "the image reference has no registry, so it was pulled from Docker Hub",
        remedy: "Write the full URI: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:….",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-missing",
        texts: &[
            &["failed to resolve ref", ": not found"],
            &["manifest unknown"],
            &["not found: manifest"],
            &["check whether the image exists"],
            &["repository does not exist"],
            &["requested access to the resource is denied"],
        ],
        meaning: "the image or its repository does not exist",
        remedy: "Push the image before you deploy it, and deploy by digest. Check the account, region and repository in the URI, and whether a lifecycle policy deleted the image.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "registry-host",
        texts: &[&["no such host"]],
        meaning: "the registry's host name does not exist",
        remedy: "Correct the image URI, e.g. ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "layers-unreachable",
        texts: &[
            &[
                "cannot pull",
                "connection issue between the task and the registry",
                "failed to copy",
            ],
            &["httpreadseeker: failed open", "i/o timeout"],
            &["pull command failed", "nil pointer dereference"],
        ],
        meaning: "the tasks received the manifest but cannot download the layers: ECR stores them in S3, which the tasks cannot reach",
        remedy: "Add the S3 gateway endpoint to the route tables of the tasks' subnets, and allow outbound port 443 to its prefix list.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "registry-unreachable",
        texts: &[
            &["connection issue between the task and the registry"],
            &["request canceled while waiting for connection"],
            &["can't pull the image", "check your network configuration"],
            &["failed to resolve ref", "i/o timeout"],
            &["context canceled"],
        ],
        meaning: "the tasks cannot reach the image's registry from their subnets",
        remedy: "Add a NAT route, a public IP in a public subnet or, for ECR, the ecr.api, ecr.dkr and S3 endpoints.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-pull",
        texts: &[
            &["cannotpullcontainererror"],
            &["cannotpullecrcontainererror"],
            &["error pulling image configuration"],
            &["pull image manifest has been retried"],
        ],
        meaning: "the image cannot be pulled",
        remedy: "Check that the image exists, that the execution role is allowed to pull it, and that the subnet has a route to the registry.",
        ..KnownCause::SPECIAL
    },
];
