//! Reads the last log lines of a stopped container from CloudWatch Logs.

use ecs_client::LogStream;
use ecs_model::TaskDefinition;
use pipeline_aws::{AwsError, Session};
use rollout::cause::LogTail;

/// The last `count` lines of a container, oldest first. `Ok(None)` if it does not log to CloudWatch
/// Logs or has written nothing.
///
/// # Errors
/// If CloudWatch Logs rejects the request or cannot be reached.
pub async fn tail(
    session: &Session,
    definition: &TaskDefinition,
    container: &str,
    task_id: &str,
    count: u16,
) -> Result<Option<LogTail>, AwsError> {
    let stream = LogStream::of(session, definition, container, task_id);
    let Some(stream) = stream.filter(|_| count > 0) else {
        return Ok(None);
    };
    let lines = stream.last(count).await?;
    Ok((!lines.is_empty()).then(|| LogTail {
        container: container.to_owned(),
        lines,
    }))
}
