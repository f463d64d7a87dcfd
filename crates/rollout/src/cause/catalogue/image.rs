//! Pulling the image: the registry, the network to it, and what lies there.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "image-platform",
        texts: &[&["does not contain descriptor matching platform"]],
        meaning: "the image was not built for the CPU architecture that the tasks run on",
        remedy: "Build with --platform linux/amd64, or set runtimePlatform.cpuArchitecture to ARM64; an index with both serves either.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-attestation",
        texts: &[&["application/vnd.in-toto+json"]],
        meaning: "the digest names a build attestation, not an image",
        remedy: "Deploy the digest of the index or of the platform's manifest, or build with --provenance=false --sbom=false.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "endpoint-policy",
        texts: &[&["not authorized to perform", "no vpc endpoint policy allows"]],
        meaning: "the policy of a VPC endpoint forbids the call",
        remedy: "Widen the endpoint's policy, for ECR: ecr:GetAuthorizationToken on * and the pull actions on the repository.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "ecr-denied",
        texts: &[
            &["not authorized to perform: ecr:"],
            &["failed to resolve ref", "403 forbidden"],
            &["failed to resolve ref", "401 unauthorized"],
        ],
        meaning: "the execution role may not pull the image",
        remedy: "Attach AmazonECSTaskExecutionRolePolicy to the execution role; across accounts the repository's own policy has to allow it, too.",
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
        remedy: "In isolated subnets add the ecr.api and ecr.dkr interface endpoints (private DNS, security group 443 in from the tasks) and the S3 gateway endpoint; in private ones a NAT route; in public ones assignPublicIp ENABLED.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "docker-hub-unreachable",
        texts: &[
            &["registry-1.docker.io", "i/o timeout"],
            &["docker.io", "dial tcp", "i/o timeout"],
        ],
        meaning: "the tasks cannot reach Docker Hub from their subnets",
        remedy: "Copy the image to ECR (a pull-through cache does it), or add a NAT route.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "docker-hub-limit",
        texts: &[
            &["toomanyrequests"],
            &["reached your pull rate limit"],
            &["unexpected status code https://registry-1.docker.io"],
        ],
        meaning: "Docker Hub refused the pull: its rate limit is reached, or it is out of order",
        remedy: "Copy the image to ECR (a pull-through cache does it), sidecars too, or pull with credentials.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "image-without-registry",
        texts: &[&[
            "failed to resolve ref docker.io/library/",
            "pull access denied",
        ]],
        meaning: "the image has no registry in its name, so Docker Hub was asked for it",
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
        meaning: "the image is not in the repository, or the repository is not there",
        remedy: "Push it first and deploy by digest; check account, region and repository in the URI, and that a lifecycle policy has not removed it.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "registry-host",
        texts: &[&["no such host"]],
        meaning: "the registry's host name does not exist",
        remedy: "Correct the image URI: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY.",
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
        meaning: "the manifest came, but the layers did not: ECR keeps them in S3, and the tasks cannot reach it",
        remedy: "Add the S3 gateway endpoint to the route tables of the tasks' subnets, and let 443 out to its prefix list.",
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
        remedy: "Give them a way: NAT, a public IP in a public subnet, or for ECR the ecr.api, ecr.dkr and S3 endpoints.",
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
        remedy: "Read the text: whether the image is there, whether the execution role may pull it, whether the subnet has a way to the registry.",
        ..KnownCause::SPECIAL
    },
];
