//! A container's log lines, shown as they come. They are a help: nothing here fails.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::{Builder, Region};
use pipeline_aws::Session;
use pipeline_io::Step;
use serde_json::Value;

/// CloudWatch shows a line some seconds after it was written: after the end it is asked this often.
const LAST_LOOKS: u32 = 3;
const BETWEEN: Duration = Duration::from_millis(700);
/// No more lines than this: a task that logs without end is read in CloudWatch.
const LINES: usize = 2_000;

/// The end of a container's log stream.
pub struct Tail {
    /// `None` where the container does not log to CloudWatch by awslogs, or reading was refused.
    stream: Option<Stream>,
    next: Option<String>,
    shown: usize,
}

struct Stream {
    client: Client,
    group: String,
    name: String,
}

impl Tail {
    /// The stream that awslogs makes: `PREFIX/CONTAINER/TASK`.
    pub fn of(session: &Session, revision: &Value, container: &str, task: &str) -> Self {
        let containers = revision["containerDefinitions"].as_array();
        let log = containers
            .into_iter()
            .flatten()
            .find(|c| c["name"] == container)
            .map(|c| &c["logConfiguration"])
            .filter(|log| log["logDriver"] == "awslogs")
            .map(|log| &log["options"]);
        let option = |name: &str| Some(log?[name].as_str()?.to_owned());
        let stream = option("awslogs-group").zip(option("awslogs-stream-prefix"));
        let stream = stream.map(|(group, prefix)| {
            let mut config = Builder::from(session.config());
            if let Some(region) = option("awslogs-region") {
                config = config.region(Region::new(region));
            }
            Stream {
                client: Client::from_conf(config.build()),
                group,
                name: format!("{prefix}/{container}/{task}"),
            }
        });
        Self {
            stream,
            next: None,
            shown: 0,
        }
    }

    /// Shows the lines that have come since; how many they were.
    pub async fn show(&mut self, step: &Step) -> usize {
        let before = self.shown;
        while let Some(stream) = &self.stream {
            let asked = stream
                .client
                .get_log_events()
                .log_group_name(&stream.group)
                .log_stream_name(&stream.name)
                .start_from_head(true)
                .set_next_token(self.next.clone())
                .send()
                .await;
            let answer = match asked {
                Ok(answer) => answer,
                // The stream comes to be with the container's first line.
                Err(e)
                    if e.as_service_error()
                        .is_some_and(|e| e.is_resource_not_found_exception()) =>
                {
                    break;
                }
                Err(e) => {
                    let code = e.into_service_error();
                    let code = code.meta().code().unwrap_or("no answer").to_owned();
                    step.note(format!(
                        "log lines cannot be read ({code}): allow logs:GetLogEvents on {}",
                        stream.group
                    ));
                    self.stream = None;
                    break;
                }
            };
            for event in answer.events() {
                step.foreign("| ", event.message().unwrap_or_default());
                self.shown += 1;
            }
            if self.shown >= LINES {
                step.note(format!(
                    "more than {LINES} lines: the rest is in {}",
                    stream.group
                ));
                self.stream = None;
                break;
            }
            let next = answer.next_forward_token().map(str::to_owned);
            // The same token again is the stream's end for now.
            if next.is_none() || next == self.next {
                break;
            }
            self.next = next;
        }
        self.shown - before
    }

    /// Shows what is left after the container's end.
    pub async fn finish(&mut self, step: &Step) {
        for _ in 0..LAST_LOOKS {
            if self.stream.is_none() {
                return;
            }
            tokio::time::sleep(BETWEEN).await;
            if self.show(step).await == 0 && self.shown > 0 {
                return;
            }
        }
    }
}
