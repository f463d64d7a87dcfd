//! Secrets Manager and the Parameter Store, as a task's execution role reads them.

use crate::cause::known_cause::KnownCause;

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "secrets-unreachable",
        texts: &[
            &["connection issue between the task and aws secrets manager"],
            &["connection issue between the task and aws systems manager"],
            &["retrieve secret from asm", "deadline exceeded"],
            &["retrieve secret from asm", "i/o timeout"],
            &["retrieve secrets from ssm", "i/o timeout"],
            &["retrieve secrets from ssm", "deadline exceeded"],
        ],
        meaning: "the tasks cannot reach Secrets Manager or the Parameter Store from their subnets",
        remedy: "Add the secretsmanager (or ssm) interface endpoint with private DNS and a security group that lets 443 in from the tasks, or a NAT route.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secret-denied",
        texts: &[
            &["not authorized to perform: secretsmanager:getsecretvalue"],
            &["not authorized to perform: ssm:getparameter"],
            &["not authorized to perform: kms:decrypt"],
            &["retrieve secret", "accessdenied"],
        ],
        meaning: "the execution role may not read a secret or parameter that the task definition names",
        remedy: "Allow secretsmanager:GetSecretValue, ssm:GetParameters and, for a key of your own, kms:Decrypt on those resources to the execution role (executionRoleArn, not taskRoleArn).",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secret-missing",
        texts: &[
            &["can't find the specified secret"],
            &["retrieve secret from asm", "resourcenotfoundexception"],
            &[
                "fetching secret data from ssm parameter store",
                "invalid parameters",
            ],
            &["retrieve secrets from ssm", "invalid ssm parameters"],
        ],
        meaning: "a secret or parameter that the task definition names does not exist in this account and region",
        remedy: "Create it, or correct its `valueFrom`: the full ARN, of the same region.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secret-not-json",
        texts: &[
            &[
                "unable to pull secrets or registry auth",
                "invalid character",
            ],
            &["did not contain json key"],
        ],
        meaning: "`valueFrom` asks for a JSON key, but the secret is not JSON or has no such key",
        remedy: "Store a JSON object with that key, or drop the `:key::` at the end of `valueFrom`.",
        ..KnownCause::SPECIAL
    },
];
