//! The writes that have no token: one try each, and after a lost answer a look before the next.

use std::time::Duration;

use ecs_client::Operation;
use pipeline_aws::{AwsError, AwsErrorKind};
use pipeline_http::{RetryPolicy, Transient};
use serde_json::{Value, json};

use crate::context::CommandContext;
use crate::error::Error;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::live::Change;
use crate::plan::lost_write::{Landed, landed};
use crate::plan::revision::{DIGEST_TAG, Registered, register_body};
use crate::plan::service::{ServicePlan, create_body};

/// How a write is repeated: six tries over about 15 s.
const WRITES: RetryPolicy = RetryPolicy {
    tries: 6,
    first: Duration::from_millis(250),
    factor: 2.0,
    longest: Duration::from_secs(4),
    has_jitter: true,
    retry_after_limit: Duration::ZERO,
};

/// What a new account's first service needs some seconds for.
const NO_LINKED_ROLE: &str = "Unable to assume the service linked role";

/// Why one try of a write did not end well.
enum Attempt<E> {
    /// AWS's error, and whether the same request may succeed a little later.
    Aws {
        error: Box<AwsError>,
        is_transient: bool,
    },
    /// Something else, which ends the write.
    Final(E),
}

impl<E> Attempt<E> {
    fn aws(error: AwsError, is_transient: bool) -> Self {
        Self::Aws {
            error: Box::new(error),
            is_transient,
        }
    }
}

impl<E> Transient for Attempt<E> {
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
fn report<E>(context: &CommandContext<'_>, attempt: &Attempt<E>, next: &str) {
    if let Attempt::Aws { error, .. } = attempt {
        context.step.info(format!("{error}; {next}"));
    }
}

/// Registers a revision and returns its ARN. After a lost answer, and before each further try, the
/// family's newest revision is read: it may be ours already.
pub async fn register(
    context: &CommandContext<'_>,
    declared: &Value,
    family: &str,
    mut with_digest: bool,
) -> Result<String, Error> {
    let written = WRITES.retry_write(
        async || {
            if with_digest {
                match register_once(context, declared, family, true).await {
                    Err(Attempt::Aws { error, .. }) if is_only_our_tag_denied(&error, declared) => {
                        context.step.info(format!(
                            "the role may not tag task definitions: registering without {DIGEST_TAG}"
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
            let newest = newest.map_err(Attempt::Final)?;
            let ours = newest.filter(|newest| Registered(newest).is(declared));
            Ok(ours.and_then(|ours| Registered(&ours).arn().map(str::to_owned)))
        },
        |attempt, _| report(context, attempt, "looking, then trying again"),
    );
    written.await.map_err(|attempt| match attempt {
        Attempt::Final(error) => error,
        Attempt::Aws { error, .. } => Error::Write {
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
) -> Result<String, Attempt<Error>> {
    let body = register_body(declared, with_digest);
    let operation = Operation::RegisterTaskDefinition;
    match context.ecs().call_once(operation, &body).await {
        Ok(answer) => match answer["taskDefinition"]["taskDefinitionArn"].as_str() {
            Some(arn) => Ok(arn.to_owned()),
            None => Err(Attempt::Final(Error::Answer {
                what: format!("the revision of {family} that was registered"),
                reason: "the answer names no ARN".into(),
            })),
        },
        Err(error) => {
            let is_transient = is_passing(&error);
            Err(Attempt::aws(error, is_transient))
        }
    }
}

/// Our own tag is a convenience: where the role may not tag, the revision goes without it. Tags
/// that the document declares are not left out.
fn is_only_our_tag_denied(error: &AwsError, declared: &Value) -> bool {
    let declares_tags = declared["tags"].as_array().is_some_and(|t| !t.is_empty());
    error.kind == AwsErrorKind::Denied
        && error.message.contains("ecs:TagResource")
        && !declares_tags
}

/// Why a service was not written.
#[derive(Debug)]
pub enum NotWritten {
    Failed(Box<AwsError>),
    /// Another writer's deployment has begun.
    Others(Vec<Change>),
    /// The service came to be, or went, while we planned: plan again.
    Race,
    /// The look after a lost answer failed.
    Blind(Error),
}

/// Updates the service and gives it as the answer, or the look after a lost answer, shows it.
pub async fn update(
    context: &CommandContext<'_>,
    plan: &ServicePlan,
    declared: &ServiceDeclaration,
    task_definition: &str,
    before: &Value,
) -> Result<Value, NotWritten> {
    let body = plan.update_body(declared, task_definition);
    let written = WRITES.retry_write(
        async || match context
            .ecs()
            .call_once(Operation::UpdateService, &body)
            .await
        {
            Ok(mut answer) => Ok(answer["service"].take()),
            Err(e) if e.is("ServiceNotActiveException") || e.is("ServiceNotFoundException") => {
                Err(Attempt::Final(NotWritten::Race))
            }
            Err(error) => {
                let is_transient = is_passing(&error);
                Err(Attempt::aws(error, is_transient))
            }
        },
        async |attempt| {
            if !matches!(attempt, Attempt::Aws { error, .. } if error.may_have_succeeded) {
                return Ok(None);
            }
            let now = context.describe_service().await;
            let now = now.map_err(|error| Attempt::Final(NotWritten::Blind(error)))?;
            let now = now.ok_or(Attempt::Final(NotWritten::Race))?;
            match landed(plan, declared, task_definition, before, &now) {
                Landed::Yes => Ok(Some(now)),
                Landed::Others(members) => Err(Attempt::Final(NotWritten::Others(members))),
                Landed::No => Ok(None),
            }
        },
        |attempt, _| report(context, attempt, "looking, then trying again"),
    );
    written.await.map_err(not_written)
}

fn not_written(attempt: Attempt<NotWritten>) -> NotWritten {
    match attempt {
        Attempt::Final(why) => why,
        Attempt::Aws { error, .. } => NotWritten::Failed(error),
    }
}

/// Creates the service and gives it as the answer shows it. The token makes a repeated request
/// the same one, so the SDK may repeat it.
pub async fn create(
    context: &CommandContext<'_>,
    declared: &ServiceDeclaration,
    task_definition: &str,
) -> Result<Value, NotWritten> {
    let body = create_body(declared, task_definition, &token());
    let attempt = async || {
        let error = match context.ecs().call(Operation::CreateService, &body).await {
            Ok(mut answer) => return Ok(answer["service"].take()),
            Err(error) => error,
        };
        if error.message.contains("was not idempotent") {
            return Err(Attempt::Final(NotWritten::Race));
        }
        if error.may_have_succeeded {
            let now = context.describe_service().await;
            let now = now.map_err(|error| Attempt::Final(NotWritten::Blind(error)))?;
            if let Some(now) = now.filter(|now| now["status"] == "ACTIVE") {
                return Ok(now);
            }
        }
        // The SDK has repeated the others often enough; the role appears after some seconds.
        let is_transient = error.message.contains(NO_LINKED_ROLE);
        Err(Attempt::aws(error, is_transient))
    };
    let written = WRITES.retry(attempt, |attempt, _| {
        report(context, attempt, "trying again")
    });
    written.await.map_err(not_written)
}

/// A token of 32 characters: new for each run, since a rerun reads before it creates.
fn token() -> String {
    let mut random = jiff::Timestamp::now().as_nanosecond().to_ne_bytes();
    // Without randomness the time alone tells two runs apart.
    let _ = getrandom::fill(&mut random);
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Tags the service.
pub async fn tag(context: &CommandContext<'_>, arn: &str, tags: &[Value]) -> Result<(), AwsError> {
    let body = json!({"resourceArn": arn, "tags": tags});
    context.ask(Operation::TagResource, &body).await.map(drop)
}
