//! The writes that have no token: one try each, and after a lost answer a look before the next.

use std::time::Duration;

use ecs_client::Operation;
use pipeline_aws::{AwsError, Kind};
use serde_json::{Value, json};

use crate::context::CommandContext;
use crate::error::Error;
use crate::plan::declaration::ServiceDeclaration;
use crate::plan::live::Change;
use crate::plan::lost_write::{Landed, landed};
use crate::plan::revision::{DIGEST_TAG, Registered, register_body};
use crate::plan::service::{ServicePlan, create_body};

/// How often a write is tried: with doubling pauses, about 15 s.
const TRIES: u32 = 6;

/// The pause before try `n` (from 1): doubling from half a second, half of it jitter, so that
/// pipelines that were throttled together do not come back together.
fn pause(n: u32) -> Duration {
    let mut random = [0u8; 2];
    // Without randomness the pause is merely the same for everyone.
    let _ = getrandom::fill(&mut random);
    let whole = Duration::from_millis(500 << (n - 1).min(4));
    whole / 2 + whole / 2 * u32::from(u16::from_ne_bytes(random)) / u32::from(u16::MAX)
}

/// Whether the same request may go well a little later.
fn is_passing(error: &AwsError) -> bool {
    matches!(error.kind, Kind::Throttled | Kind::Server)
        || (error.kind == Kind::Unreachable && error.maybe_done)
        || error.message.contains("Too many concurrent attempts")
        || error
            .message
            .contains("Unable to assume the service linked role")
}

/// Registers a revision and gives its ARN. After a lost answer, and before each further try, the
/// family's newest revision is looked at: it may be ours already.
pub async fn register(
    context: &CommandContext<'_>,
    declared: &Value,
    family: &str,
    mut with_digest: bool,
) -> Result<String, Error> {
    let mut n = 0;
    loop {
        let body = register_body(declared, with_digest);
        let error = match context
            .ecs()
            .call_once(Operation::RegisterTaskDefinition, &body)
            .await
        {
            Ok(answer) => match answer["taskDefinition"]["taskDefinitionArn"].as_str() {
                Some(arn) => return Ok(arn.to_owned()),
                None => {
                    return Err(Error::Answer {
                        what: format!("the revision of {family} that was registered"),
                        reason: "the answer names no ARN".into(),
                    });
                }
            },
            Err(error) => error,
        };
        if with_digest && is_only_our_tag_denied(&error, declared) {
            context.step.note(format!(
                "the role may not tag task definitions: registering without {DIGEST_TAG}"
            ));
            with_digest = false;
            continue;
        }
        n += 1;
        if !is_passing(&error) || n == TRIES {
            return Err(Error::Write {
                what: format!("registering a revision of {family}"),
                state: "nothing was changed".into(),
                source: Box::new(error),
            });
        }
        context
            .step
            .note(format!("{error}; looking, then trying again"));
        tokio::time::sleep(pause(n)).await;
        if let Some(newest) = context.task_definition(family).await?
            && Registered(&newest).is(declared)
            && let Some(arn) = Registered(&newest).arn()
        {
            return Ok(arn.to_owned());
        }
    }
}

/// Our own tag is a convenience: where the role may not tag, the revision goes without it. Tags
/// that the document declares are not left out.
fn is_only_our_tag_denied(error: &AwsError, declared: &Value) -> bool {
    let declares_tags = declared["tags"].as_array().is_some_and(|t| !t.is_empty());
    error.kind == Kind::Denied && error.message.contains("ecs:TagResource") && !declares_tags
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
    let mut n = 0;
    loop {
        let error = match context
            .ecs()
            .call_once(Operation::UpdateService, &body)
            .await
        {
            Ok(mut answer) => return Ok(answer["service"].take()),
            Err(error) => error,
        };
        if error.is("ServiceNotActiveException") || error.is("ServiceNotFoundException") {
            return Err(NotWritten::Race);
        }
        n += 1;
        if !is_passing(&error) || n == TRIES && !error.maybe_done {
            return Err(NotWritten::Failed(Box::new(error)));
        }
        context
            .step
            .note(format!("{error}; looking, then trying again"));
        tokio::time::sleep(pause(n)).await;
        if error.maybe_done {
            let now = context
                .describe_service()
                .await
                .map_err(NotWritten::Blind)?;
            let now = now.ok_or(NotWritten::Race)?;
            match landed(plan, declared, task_definition, before, &now) {
                Landed::Yes => return Ok(now),
                Landed::Others(members) => return Err(NotWritten::Others(members)),
                Landed::No => {}
            }
        }
        if n == TRIES {
            return Err(NotWritten::Failed(Box::new(error)));
        }
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
    let mut n = 0;
    loop {
        let error = match context.ecs().call(Operation::CreateService, &body).await {
            Ok(mut answer) => return Ok(answer["service"].take()),
            Err(error) => error,
        };
        if error.message.contains("was not idempotent") {
            return Err(NotWritten::Race);
        }
        n += 1;
        if error.maybe_done
            && let Some(now) = context
                .describe_service()
                .await
                .map_err(NotWritten::Blind)?
            && now["status"] == "ACTIVE"
        {
            return Ok(now);
        }
        // The SDK has tried the others often enough; a new account's service linked role takes
        // some seconds to appear.
        let is_new_account = error
            .message
            .contains("Unable to assume the service linked role");
        if !is_new_account || n == TRIES {
            return Err(NotWritten::Failed(Box::new(error)));
        }
        context.step.note(format!("{error}; trying again"));
        tokio::time::sleep(pause(n + 1)).await;
    }
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
