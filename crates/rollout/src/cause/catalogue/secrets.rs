//! Secrets from Secrets Manager and the Parameter Store, which the execution role reads.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

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
        remedy: "Add the secretsmanager (or ssm) interface endpoint with private DNS and a security group that accepts port 443 from the tasks, or a NAT route.",
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
        meaning: "the execution role is not allowed to read a secret or parameter of the task definition",
        remedy: "Allow the execution role (executionRoleArn, not taskRoleArn) secretsmanager:GetSecretValue, ssm:GetParameters and, for a customer managed key, kms:Decrypt on these resources.",
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
        meaning: "a secret or parameter of the task definition does not exist in this account and region",
        remedy: "Create it, or set `valueFrom` to the full ARN of an existing one in the same region.",
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
        meaning: "`valueFrom` names a JSON key, but the secret is not JSON or does not contain this key",
        remedy: "Store a JSON object with this key, or remove `:key::` from the end of `valueFrom`.",
        ..KnownCause::SPECIAL
    },
];
