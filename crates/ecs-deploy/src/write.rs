//! Writes without an idempotency token: one attempt each, and after a lost response a read before
//! the next attempt.

use std::time::Duration;

use ecs_client::Operation;
use pipeline_aws::{AwsError, AwsErrorKind};
use pipeline_http::{RetryPolicy, Transient};
use serde_json::{Value, json};

use crate::context::CommandContext;
use crate::error::{Error, NOT_IDEMPOTENT};
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::live::Change;
use crate::plan::lost_write::{WriteOutcome, write_outcome};
use crate::plan::revision::{RegisteredRevision, has_room_for_digest, register_body};
use crate::plan::service::{ServicePlan, create_body};
use ecs_document::DIGEST_TAG;

/// Six attempts over about 15 s.
const WRITES: RetryPolicy = RetryPolicy {
    tries: 6,
    first: Duration::from_millis(250),
    factor: 2.0,
    longest: Duration::from_secs(4),
    has_jitter: true,
    retry_after_limit: Duration::ZERO,
};

/// How a creation is repeated: twelve attempts over about a minute. ECS keeps the name of a deleted
/// service for some seconds, and a new service-linked role appears after some seconds, too.
const CREATION: RetryPolicy = RetryPolicy {
    tries: 12,
    longest: Duration::from_secs(8),
    ..WRITES
};

/// The error for the first service of a new account, for some seconds.
const NO_LINKED_ROLE: &str = "Unable to assume the service linked role";

/// Why an attempt to write failed.
enum WriteAttempt<E> {
    /// The error of AWS, and whether the same request may succeed a little later.
    Aws {
        error: Box<AwsError>,
        is_transient: bool,
    },
    /// Another error, which ends the write.
    Final(E),
}

impl<E> WriteAttempt<E> {
    fn aws(error: AwsError, is_transient: bool) -> Self {
        Self::Aws {
            error: Box::new(error),
            is_transient,
        }
    }
}

impl<E> Transient for WriteAttempt<E> {
    fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Aws {
                is_transient: true,
                ..
            }
        )
    }
}

/// Whether the same request may succeed a little later.
fn is_passing(error: &AwsError) -> bool {
    matches!(error.kind, AwsErrorKind::Throttled | AwsErrorKind::Server)
        || (error.kind == AwsErrorKind::Unreachable && error.may_have_succeeded)
        || error.message.contains("Too many concurrent attempts")
        || error.message.contains(NO_LINKED_ROLE)
}

/// Reports the error before the pause that follows it.
fn report<E>(context: &CommandContext<'_>, attempt: &WriteAttempt<E>, next: &str) {
    if let WriteAttempt::Aws { error, .. } = attempt {
        context.step.info(format!("{error}; {next}"));
    }
}

/// Registers a revision and returns its ARN. Before each further attempt it reads the newest
/// revision of the family, which may be the result of an attempt whose response was lost.
///
/// # Errors
/// If the revision cannot be registered, or if that read fails.
pub async fn register(
    context: &CommandContext<'_>,
    declared: &Value,
    family: &str,
    mut with_digest: bool,
) -> Result<String, Error> {
    if with_digest && !has_room_for_digest(declared) {
        context.step.info(format!(
            "the task definition has 50 tags, the maximum: registering without {DIGEST_TAG}"
        ));
        with_digest = false;
    }
    let written = WRITES.retry_write(
        async || {
            if with_digest {
                match register_once(context, declared, family, true).await {
                    Err(WriteAttempt::Aws { error, .. }) if is_only_our_tag_denied(&error, declared) => {
                        context.step.info(format!(
                            "the role is not allowed to tag task definitions: registering without {DIGEST_TAG}"
                        ));
                        with_digest = false;
                    }
                    ended => return ended,
                }
            }
            register_once(context, declared, family, false).await
        },
        async |_| {
            let newest = context.task_definition(family).await;
            let newest = newest.map_err(WriteAttempt::Final)?;
            let ours = newest.filter(|newest| RegisteredRevision(newest).matches(declared));
            Ok(ours.and_then(|ours| RegisteredRevision(&ours).arn().map(str::to_owned)))
        },
        |attempt, _| report(context, attempt, "reading the state, then trying again"),
    );
    written.await.map_err(|attempt| match attempt {
        WriteAttempt::Final(error) => error,
        WriteAttempt::Aws { error, .. } => Error::Write {
            what: format!("registering a revision of {family}"),
            state: "nothing was changed".into(),
            source: error,
        },
    })
}

async fn register_once(
    context: &CommandContext<'_>,
    declared: &Value,
    family: &str,
    with_digest: bool,
) -> Result<String, WriteAttempt<Error>> {
    let body = register_body(declared, with_digest);
    let operation = Operation::RegisterTaskDefinition;
    match context.ecs().call_once(operation, &body).await {
        Ok(answer) => match answer["taskDefinition"]["taskDefinitionArn"].as_str() {
            Some(arn) => Ok(arn.to_owned()),
            None => Err(WriteAttempt::Final(Error::CannotDescribe {
                what: format!("the revision of {family} that was registered"),
                reason: "the response contains no ARN".into(),
            })),
        },
        Err(error) => {
            let is_transient = is_passing(&error);
            Err(WriteAttempt::aws(error, is_transient))
        }
    }
}

/// The digest tag is optional: if the role is not allowed to tag, the revision is registered
/// without it. Declared tags are never left out.
fn is_only_our_tag_denied(error: &AwsError, declared: &Value) -> bool {
    let declares_tags = declared["tags"].as_array().is_some_and(|t| !t.is_empty());
    error.kind == AwsErrorKind::Denied
        && error.message.contains("ecs:TagResource")
        && !declares_tags
}

/// Why the service was not written.
#[derive(Debug)]
pub enum WriteError {
    Failed(Box<AwsError>),
    /// The deployment of another writer has started.
    OtherWriter(Vec<Change>),
    /// The service was created or deleted while this run planned: plan again.
    Race,
    /// The read after a lost response failed.
    Unreadable(Error),
}

/// Updates the service and returns it, from the response or from the read after a lost response.
///
/// # Errors
/// If the service was not written.
pub async fn update(
    context: &CommandContext<'_>,
    plan: &ServicePlan,
    declared: &ServiceDeclaration,
    task_definition: &str,
    before: &Value,
) -> Result<Value, WriteError> {
    let body = plan.update_body(declared, task_definition);
    let written = WRITES.retry_write(
        async || match context
            .ecs()
            .call_once(Operation::UpdateService, &body)
            .await
        {
            Ok(mut answer) => Ok(answer["service"].take()),
            Err(e) if e.is("ServiceNotActiveException") || e.is("ServiceNotFoundException") => {
                Err(WriteAttempt::Final(WriteError::Race))
            }
            Err(error) => {
                let is_transient = is_passing(&error);
                Err(WriteAttempt::aws(error, is_transient))
            }
        },
        async |attempt| {
            if !matches!(attempt, WriteAttempt::Aws { error, .. } if error.may_have_succeeded) {
                return Ok(None);
            }
            let now = context.describe_service().await;
            let now = now.map_err(|error| WriteAttempt::Final(WriteError::Unreadable(error)))?;
            let now = now.ok_or(WriteAttempt::Final(WriteError::Race))?;
            match write_outcome(plan, declared, task_definition, before, &now) {
                WriteOutcome::Yes => Ok(Some(now)),
                WriteOutcome::Others(members) => {
                    Err(WriteAttempt::Final(WriteError::OtherWriter(members)))
                }
                WriteOutcome::No => Ok(None),
            }
        },
        |attempt, _| report(context, attempt, "reading the state, then trying again"),
    );
    written.await.map_err(not_written)
}

fn not_written(attempt: WriteAttempt<WriteError>) -> WriteError {
    match attempt {
        WriteAttempt::Final(why) => why,
        WriteAttempt::Aws { error, .. } => WriteError::Failed(error),
    }
}

/// Creates the service and returns it. The token makes a repeated request idempotent, so the SDK
/// may retry it.
///
/// # Errors
/// If the service was not created.
pub async fn create(
    context: &CommandContext<'_>,
    declared: &ServiceDeclaration,
    task_definition: &str,
) -> Result<Value, WriteError> {
    let body = create_body(declared, task_definition, &token());
    let attempt = async || {
        let error = match context.ecs().call(Operation::CreateService, &body).await {
            Ok(mut answer) => return Ok(answer["service"].take()),
            Err(error) => error,
        };
        let is_name_in_use = error.message.contains(NOT_IDEMPOTENT);
        if error.may_have_succeeded || is_name_in_use {
            let now = context.describe_service().await;
            let now = now.map_err(|error| WriteAttempt::Final(WriteError::Unreadable(error)))?;
            match now.filter(|now| now["status"] == "ACTIVE") {
                Some(_) if is_name_in_use => return Err(WriteAttempt::Final(WriteError::Race)),
                Some(now) => return Ok(now),
                None => {}
            }
        }
        // The SDK has already retried other errors. The service-linked role appears after some
        // seconds, and the name of a deleted service becomes free.
        let is_transient = is_name_in_use || error.message.contains(NO_LINKED_ROLE);
        Err(WriteAttempt::aws(error, is_transient))
    };
    let written = CREATION.retry(attempt, |attempt, _| {
        report(context, attempt, "trying again")
    });
    written.await.map_err(not_written)
}

/// A token of 32 characters. Each run uses a new one, because a re-run reads before it creates.
fn token() -> String {
    let mut random = jiff::Timestamp::now().as_nanosecond().to_ne_bytes();
    // Without random numbers, the time alone distinguishes two runs.
    let _ = getrandom::fill(&mut random);
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Tags the service.
///
/// # Errors
/// The error of ECS.
pub async fn tag(context: &CommandContext<'_>, arn: &str, tags: &[Value]) -> Result<(), AwsError> {
    let body = json!({"resourceArn": arn, "tags": tags});
    context.call(Operation::TagResource, &body).await.map(drop)
}
