//! A container's log lines in CloudWatch Logs: the last ones of a container that has stopped, or
//! each one as it arrives. Nothing here prints.

use std::time::Duration;

use aws_sdk_cloudwatchlogs as cloudwatch;
use aws_sdk_cloudwatchlogs::operation::get_log_events::GetLogEventsOutput;
use aws_sdk_cloudwatchlogs::operation::get_log_events::builders::GetLogEventsFluentBuilder;
use aws_types::region::Region;
use ecs_model::TaskDefinition;
use pipeline_aws::{AwsError, AwsErrorKind, Session};
use pipeline_http::poll;
use tokio::time::Instant;

/// Lines arrive some seconds after a container wrote them: how often the last ones are asked for.
const LOOKS: usize = 4;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// After this long no further look begins, however slow the answers were.
const LONGEST_LOOK: Duration = Duration::from_secs(60);

/// The most characters that are kept of one of the last lines.
const LINE: usize = 4_000;

/// The log stream of one container of one task.
#[derive(Debug, Clone)]
pub struct LogStream {
    client: cloudwatch::Client,
    group: String,
    name: String,
}

impl LogStream {
    /// The stream that the awslogs driver writes, `PREFIX/CONTAINER/TASK`; `None` if the container
    /// does not log to CloudWatch Logs.
    pub fn of(
        session: &Session,
        definition: &TaskDefinition,
        container: &str,
        task_id: &str,
    ) -> Option<Self> {
        let log = definition
            .container(container)?
            .log_configuration
            .as_ref()
            .filter(|log| log.log_driver == "awslogs")?;
        let option = |name: &str| log.options.get(name).cloned();
        let (group, prefix) = (option("awslogs-group")?, option("awslogs-stream-prefix")?);
        let mut config = cloudwatch::config::Builder::from(session.config());
        if let Some(region) = option("awslogs-region") {
            config = config.region(Region::new(region));
        }
        Some(Self {
            client: cloudwatch::Client::from_conf(config.build()),
            group,
            name: format!("{prefix}/{container}/{task_id}"),
        })
    }

    /// The name of its log group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The last `count` lines, oldest first; empty if nothing was written. Waits some seconds for
    /// lines that are still on their way.
    ///
    /// # Errors
    /// If CloudWatch Logs refuses, or cannot be reached.
    pub async fn last(&self, count: u16) -> Result<Vec<String>, AwsError> {
        let pauses = std::iter::repeat_n(BETWEEN_LOOKS, LOOKS - 1);
        let found = poll(pauses, Instant::now() + LONGEST_LOOK, async || {
            let request = self
                .request()
                .start_from_head(false)
                .limit(i32::from(count));
            let lines: Vec<String> = match answer(request).await? {
                Some(answer) => lines(&answer).map(cut).collect(),
                None => Vec::new(),
            };
            Ok((!lines.is_empty()).then_some(lines))
        });
        Ok(found.await?.unwrap_or_default())
    }

    /// Reads the lines one after the other, from the first.
    pub fn follow(self) -> LogFollower {
        LogFollower {
            stream: self,
            next: None,
        }
    }

    fn request(&self) -> GetLogEventsFluentBuilder {
        self.client
            .get_log_events()
            .log_group_name(&self.group)
            .log_stream_name(&self.name)
    }
}

/// Lines that were read together.
#[derive(Debug, Default)]
pub struct LogPage {
    /// The lines, oldest first.
    pub lines: Vec<String>,
    /// Whether another page may follow at once; if not, this is the stream's end for now.
    pub has_more: bool,
}

/// A log stream, and how far it has been read.
#[derive(Debug)]
pub struct LogFollower {
    stream: LogStream,
    next: Option<String>,
}

impl LogFollower {
    /// The name of its log group.
    pub fn group(&self) -> &str {
        &self.stream.group
    }

    /// The next page of lines. A stream that does not exist yet is at its end, too.
    ///
    /// # Errors
    /// As [`LogStream::last`].
    pub async fn next_page(&mut self) -> Result<LogPage, AwsError> {
        let request = self.stream.request().start_from_head(true);
        let Some(answer) = answer(request.set_next_token(self.next.clone())).await? else {
            return Ok(LogPage::default());
        };
        let next = answer.next_forward_token().map(str::to_owned);
        // The same token again is the end for now.
        let has_more = next.is_some() && next != self.next;
        if has_more {
            self.next = next;
        }
        Ok(LogPage {
            lines: lines(&answer).map(str::to_owned).collect(),
            has_more,
        })
    }
}

/// `None` if there is no stream: it comes to be with the container's first line.
async fn answer(
    request: GetLogEventsFluentBuilder,
) -> Result<Option<GetLogEventsOutput>, AwsError> {
    match request.send().await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => match AwsError::new("logs", "GetLogEvents", error) {
            error if error.kind == AwsErrorKind::NotFound => Ok(None),
            error => Err(error),
        },
    }
}

fn lines(answer: &GetLogEventsOutput) -> impl Iterator<Item = &str> {
    answer.events().iter().filter_map(|event| event.message())
}

/// A line of a megabyte says no more than its beginning.
fn cut(line: &str) -> String {
    match line.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
