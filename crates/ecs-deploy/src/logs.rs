//! Shows a container's log lines as they arrive. They are additional information, so nothing here
//! fails.

use std::convert::Infallible;
use std::time::Duration;

use ecs_client::{LogFollower, LogStream};
use ecs_model::from_answer;
use pipeline_aws::Session;
use pipeline_http::poll;
use pipeline_io::Step;
use serde_json::Value;
use tokio::time::Instant;

/// Number of reads after the end of the container, because CloudWatch Logs returns a line some
/// seconds after it was written.
const LAST_LOOKS: usize = 3;
const BETWEEN: Duration = Duration::from_millis(700);
/// No further read starts after this time.
const LONGEST: Duration = Duration::from_secs(60);
/// Maximum number of lines; the rest can be read in CloudWatch Logs.
const LINES: usize = 2_000;

/// A container's log stream that is shown as it grows.
pub struct LogTail {
    /// `None` if the container does not use the awslogs driver, or if reading failed.
    stream: Option<LogFollower>,
    shown: usize,
}

impl LogTail {
    /// The log stream of a container of a task.
    pub fn of(session: &Session, revision: &Value, container: &str, task: &str) -> Self {
        let definition = from_answer(revision).ok();
        let stream = definition.and_then(|d| LogStream::of(session, &d, container, task));
        Self {
            stream: stream.map(LogStream::follow),
            shown: 0,
        }
    }

    /// Shows the new lines and returns their number.
    pub async fn show(&mut self, step: &Step) -> usize {
        let before = self.shown;
        while let Some(stream) = &mut self.stream {
            let page = match stream.next_page().await {
                Ok(page) => page,
                Err(error) => {
                    step.info(format!(
                        "log lines cannot be read ({}): allow logs:GetLogEvents on {}",
                        error.code.as_deref().unwrap_or("no response"),
                        stream.group()
                    ));
                    self.stream = None;
                    break;
                }
            };
            for line in &page.lines {
                step.untrusted("| ", line);
            }
            self.shown += page.lines.len();
            if self.shown >= LINES {
                step.info(format!(
                    "more than {LINES} lines: the rest is in {}",
                    stream.group()
                ));
                self.stream = None;
                break;
            }
            if !page.has_more {
                break;
            }
        }
        self.shown - before
    }

    /// Shows the remaining lines after the end of the container.
    pub async fn finish(&mut self, step: &Step) {
        // The caller has just read the stream.
        tokio::time::sleep(BETWEEN).await;
        let pauses = std::iter::repeat_n(BETWEEN, LAST_LOOKS - 1);
        let looked = poll(pauses, Instant::now() + LONGEST, async || {
            let is_all = self.show(step).await == 0 && self.shown > 0;
            Ok::<_, Infallible>((is_all || self.stream.is_none()).then_some(()))
        });
        let Ok(_) = looked.await;
    }
}
