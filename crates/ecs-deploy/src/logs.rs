//! A container's log lines, shown as they come. They are a help: nothing here fails.

use std::convert::Infallible;
use std::time::Duration;

use ecs_client::{LogFollower, LogStream};
use ecs_model::from_answer;
use pipeline_aws::Session;
use pipeline_http::poll;
use pipeline_io::Step;
use serde_json::Value;
use tokio::time::Instant;

/// CloudWatch shows a line some seconds after it was written: after the end it is asked this often.
const LAST_LOOKS: usize = 3;
const BETWEEN: Duration = Duration::from_millis(700);
/// After this long no further look begins.
const LONGEST: Duration = Duration::from_secs(60);
/// No more lines than this: a task that logs without end is read in CloudWatch.
const LINES: usize = 2_000;

/// The end of a container's log stream.
pub struct Tail {
    /// `None` if the container does not log to CloudWatch by awslogs, or reading was refused.
    stream: Option<LogFollower>,
    shown: usize,
}

impl Tail {
    /// The log stream of a container of a task.
    pub fn of(session: &Session, revision: &Value, container: &str, task: &str) -> Self {
        let definition = from_answer(revision).ok();
        let stream = definition.and_then(|d| LogStream::of(session, &d, container, task));
        Self {
            stream: stream.map(LogStream::follow),
            shown: 0,
        }
    }

    /// Shows the lines that have come since; how many they were.
    pub async fn show(&mut self, step: &Step) -> usize {
        let before = self.shown;
        while let Some(stream) = &mut self.stream {
            let page = match stream.next_page().await {
                Ok(page) => page,
                Err(error) => {
                    step.info(format!(
                        "log lines cannot be read ({}): allow logs:GetLogEvents on {}",
                        error.code.as_deref().unwrap_or("no answer"),
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

    /// Shows what is left after the container's end.
    pub async fn finish(&mut self, step: &Step) {
        // The caller has only just looked.
        tokio::time::sleep(BETWEEN).await;
        let pauses = std::iter::repeat_n(BETWEEN, LAST_LOOKS - 1);
        let looked = poll(pauses, Instant::now() + LONGEST, async || {
            let is_all = self.show(step).await == 0 && self.shown > 0;
            Ok::<_, Infallible>((is_all || self.stream.is_none()).then_some(()))
        });
        let Ok(_) = looked.await;
    }
}
