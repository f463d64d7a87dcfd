//! Secrets, parameters and environment files, which the execution role reads before the start.
//!
//! Decided here: which texts mean which problem. Never here: in which order evidence is considered.

use crate::cause::known_cause::KnownCause;
use crate::cause::reason::Operation::{Prepare, ReadEnvFile, ReadParameter, ReadSecret};
use crate::cause::reason::Problem::{
    Deleted, Denied, DiskFull, Empty, Invalid, Missing, Other, Refused, ServerError, Throttled,
    Timeout, UnknownHost, Unreachable,
};

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "secret-not-json",
        texts: &[&["secret", "invalid character"], &["json key"]],
        meaning: "`valueFrom` names a JSON key, but the secret {} is not JSON or does not contain this key",
        remedy: "Store a JSON object with this key, or remove `:key::` from the end of `valueFrom`.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secrets-unreachable",
        failures: &[(ReadSecret, &[Unreachable, Refused, UnknownHost, Timeout])],
        meaning: "the tasks cannot reach Secrets Manager from their subnets[ to read {}]",
        remedy: "Add the secretsmanager interface endpoint with private DNS and a security group that accepts port 443 from the tasks, or a NAT route. In a public subnet, set assignPublicIp to ENABLED.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "parameters-unreachable",
        failures: &[(ReadParameter, &[Unreachable, Refused, UnknownHost, Timeout])],
        meaning: "the tasks cannot reach the Parameter Store (Systems Manager) from their subnets[ to read {}]",
        remedy: "Add the ssm interface endpoint with private DNS and a security group that accepts port 443 from the tasks, or a NAT route. In a public subnet, set assignPublicIp to ENABLED.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secret-denied",
        failures: &[(ReadSecret, &[Denied]), (ReadParameter, &[Denied])],
        meaning: "the execution role is not allowed to read the secret or parameter {}",
        remedy: "Allow the execution role (executionRoleArn, not taskRoleArn) secretsmanager:GetSecretValue, ssm:GetParameters and, for a customer managed key, kms:Decrypt on these resources.",
        beside_denial: "ECS reads it with executionRoleArn, not with taskRoleArn.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secret-empty",
        failures: &[(ReadSecret, &[Empty])],
        meaning: "the secret {} has no value",
        remedy: "Store a value: aws secretsmanager put-secret-value. If `valueFrom` names a version or stage, check that it exists.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secret-deleted",
        failures: &[(ReadSecret, &[Deleted])],
        meaning: "the secret {} is marked for deletion",
        remedy: "Restore it (aws secretsmanager restore-secret), or use another secret in `valueFrom`.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secret-missing",
        failures: &[(ReadSecret, &[Missing]), (ReadParameter, &[Missing])],
        meaning: "the secret or parameter {} of the task definition does not exist in this account and region",
        remedy: "Create it, or set `valueFrom` to the full ARN of an existing one in the same region.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secret-reference",
        failures: &[(ReadSecret, &[Invalid]), (ReadParameter, &[Invalid])],
        quotes: true,
        meaning: "`valueFrom` is not a valid reference to a secret or parameter",
        remedy: "Set `valueFrom` to the full ARN of the secret or parameter.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secrets-throttled",
        failures: &[(ReadSecret, &[Throttled]), (ReadParameter, &[Throttled])],
        meaning: "Secrets Manager or the Parameter Store throttled the tasks",
        remedy: "Deploy again. If it happens often, start fewer tasks at the same time, read several values from one secret, or increase the throughput of the Parameter Store.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "secret",
        failures: &[(ReadSecret, &[Other]), (ReadParameter, &[Other])],
        quotes: true,
        meaning: "the secret or parameter {} cannot be read",
        remedy: "Check that it exists, that the execution role is allowed to read it, and that the subnet has a route to the service.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "env-file-unreachable",
        failures: &[(ReadEnvFile, &[Unreachable, Refused, UnknownHost, Timeout])],
        meaning: "the tasks cannot reach S3 from their subnets to download the environment file {}",
        remedy: "Add the S3 gateway endpoint to the route tables of the tasks' subnets, or a NAT route, and allow outbound port 443.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "env-file-denied",
        failures: &[(ReadEnvFile, &[Denied])],
        meaning: "the execution role is not allowed to read the environment file {} in S3, or the file does not exist",
        remedy: "Allow the execution role s3:GetObject on the file and s3:GetBucketLocation on its bucket, and check that the file exists.",
        beside_denial: "Also allow s3:GetBucketLocation on the bucket, and check that the file exists: without s3:ListBucket, S3 also denies files that do not exist.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "env-file-missing",
        failures: &[(ReadEnvFile, &[Missing])],
        meaning: "the environment file {} does not exist in S3",
        remedy: "Upload the file, or correct its ARN in `environmentFiles`.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "env-file",
        failures: &[(ReadEnvFile, &[Other, Invalid, ServerError, DiskFull])],
        quotes: true,
        meaning: "the environment file {} cannot be used",
        remedy: "Check that its name ends in .env, that each line is NAME=VALUE, and that the execution role is allowed s3:GetObject.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "start-unreachable",
        failures: &[(Prepare, &[Unreachable, Refused, UnknownHost, Timeout])],
        quotes: true,
        meaning: "the tasks cannot reach an AWS service that ECS needs to start them",
        remedy: "Add a NAT route or the interface endpoints for ECR, Secrets Manager, the Parameter Store and CloudWatch Logs. In a public subnet, set assignPublicIp to ENABLED.",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "start-denied",
        failures: &[(Prepare, &[Denied])],
        quotes: true,
        meaning: "a role of the task lacks a permission that ECS needs to start the task",
        remedy: "Check the permissions of the execution role (executionRoleArn).",
        ..KnownCause::SPECIAL
    },
    KnownCause {
        id: "resource-initialization",
        failures: &[(Prepare, &[Other])],
        quotes: true,
        meaning: "ECS cannot initialize a resource of the task",
        remedy: "Check the secrets, volumes, log configuration and network of the task. If they are correct, deploy again.",
        ..KnownCause::SPECIAL
    },
];
