//! A stopped container's last words, out of CloudWatch Logs.

use std::time::Duration;

use aws_sdk_cloudwatchlogs as cloudwatch;
use aws_types::region::Region;
use ecs_model::TaskDefinition;
use pipeline_aws::{AwsError, Kind, Session};
use rollout::cause::LogTail;

/// Lines arrive some seconds after a container wrote them: so often they are asked for.
const LOOKS: u32 = 4;

/// The most characters of a line that are kept.
const LINE: usize = 4_000;

/// Where one container of one task logs to, by the task definition's awslogs options.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stream {
    region: Option<String>,
    group: String,
    name: String,
}

/// The last `count` lines of a container, oldest first; `Ok(None)` where it does not log to
/// CloudWatch Logs or wrote nothing.
pub async fn tail(
    session: &Session,
    definition: &TaskDefinition,
    container: &str,
    task_id: &str,
    count: u16,
) -> Result<Option<LogTail>, AwsError> {
    let Some(stream) = stream(definition, container, task_id).filter(|_| count > 0) else {
        return Ok(None);
    };
    let mut config = cloudwatch::config::Builder::from(session.config());
    if let Some(region) = &stream.region {
        config = config.region(Region::new(region.clone()));
    }
    let client = cloudwatch::Client::from_conf(config.build());
    for look in 1..=LOOKS {
        let answer = client
            .get_log_events()
            .log_group_name(&stream.group)
            .log_stream_name(&stream.name)
            .start_from_head(false)
            .limit(i32::from(count))
            .send()
            .await
            .map_err(|e| AwsError::new("logs", "GetLogEvents", e));
        let lines: Vec<String> = match answer {
            Ok(answer) => answer
                .events()
                .iter()
                .filter_map(|e| e.message().map(cut))
                .collect(),
            // A container that wrote nothing has no stream, and a stream takes a moment to appear.
            Err(error) if error.kind == Kind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        if !lines.is_empty() {
            return Ok(Some(LogTail {
                container: container.to_owned(),
                lines,
            }));
        }
        if look < LOOKS {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    Ok(None)
}

/// A line of a megabyte is no last word.
fn cut(line: &str) -> String {
    let kept: String = line.chars().take(LINE).collect();
    match kept.len() == line.len() {
        true => kept,
        false => kept + "…",
    }
}

fn stream(definition: &TaskDefinition, container: &str, task_id: &str) -> Option<Stream> {
    let log = definition
        .container(container)?
        .log_configuration
        .as_ref()?;
    let option = |name: &str| log.options.get(name).cloned();
    (log.log_driver == "awslogs").then_some(())?;
    Some(Stream {
        region: option("awslogs-region"),
        group: option("awslogs-group")?,
        name: format!("{}/{container}/{task_id}", option("awslogs-stream-prefix")?),
    })
}
