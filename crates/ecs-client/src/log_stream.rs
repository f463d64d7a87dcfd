//! Reads a container's log lines from CloudWatch Logs: the last lines of a stopped container, or
//! all lines as they arrive. It prints nothing.

use std::time::Duration;

use aws_sdk_cloudwatchlogs as cloudwatch;
use aws_sdk_cloudwatchlogs::operation::get_log_events::GetLogEventsOutput;
use aws_sdk_cloudwatchlogs::operation::get_log_events::builders::GetLogEventsFluentBuilder;
use aws_types::region::Region;
use ecs_model::TaskDefinition;
use pipeline_aws::{AwsError, AwsErrorKind, Session};
use pipeline_http::poll;
use tokio::time::Instant;

/// Number of reads for the last lines, which arrive some seconds after the container wrote them.
const READS: usize = 4;
const READ_PAUSE: Duration = Duration::from_secs(1);
/// No further read starts after this time, however slow the responses were.
const READ_LIMIT: Duration = Duration::from_secs(60);

/// Maximum number of characters of one of the last lines.
const MAX_LINE_CHARS: usize = 4_000;

/// The log stream of one container of one task.
#[derive(Debug, Clone)]
pub struct LogStream {
    client: cloudwatch::Client,
    group: String,
    name: String,
}

impl LogStream {
    /// The stream that the awslogs driver writes, `PREFIX/CONTAINER/TASK`. `None` if the container
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

    /// The name of the log group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Reads the last `count` lines, oldest first; empty if the container wrote nothing. Waits some
    /// seconds for lines that have not arrived yet.
    ///
    /// # Errors
    /// If CloudWatch Logs denies the call or cannot be reached.
    pub async fn last(&self, count: u16) -> Result<Vec<String>, AwsError> {
        let pauses = std::iter::repeat_n(READ_PAUSE, READS - 1);
        let found = poll(pauses, Instant::now() + READ_LIMIT, async || {
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

    /// Reads all lines in order, from the first one.
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

/// Log lines from one response.
#[derive(Debug, Default)]
pub struct LogPage {
    /// The lines, oldest first.
    pub lines: Vec<String>,
    /// Whether the next page can be read at once. If not, the end of the stream is reached for now.
    pub has_more: bool,
}

/// A log stream with the position up to which it was read.
#[derive(Debug)]
pub struct LogFollower {
    stream: LogStream,
    next: Option<String>,
}

impl LogFollower {
    /// The name of the log group.
    pub fn group(&self) -> &str {
        &self.stream.group
    }

    /// Reads the next page. A stream that does not exist yet returns an empty page.
    ///
    /// # Errors
    /// See [`LogStream::last`].
    pub async fn next_page(&mut self) -> Result<LogPage, AwsError> {
        let request = self.stream.request().start_from_head(true);
        let Some(answer) = answer(request.set_next_token(self.next.clone())).await? else {
            return Ok(LogPage::default());
        };
        let next = answer.next_forward_token().map(str::to_owned);
        // CloudWatch Logs returns the same token again at the end of the stream.
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

/// Sends the request. `None` if the stream does not exist yet: the container's first line creates
/// it.
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

/// Shortens a line: the beginning of a line of a megabyte is enough.
fn cut(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
