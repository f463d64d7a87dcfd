//! Trying again: an answer that was cut, a server that is busy. What was refused is not asked twice.

use std::time::Duration;

use pipeline_io::Step;

use crate::Error;

/// Pauses before the second, third and fourth try.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// Runs `read` until it succeeds, is refused, or the tries are used up.
pub async fn repeatedly<T>(
    step: &Step,
    mut read: impl AsyncFnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    for pause in PAUSES {
        match read().await {
            Err(error) if error.is_transient() => {
                step.note(format!("{error}; trying again in {} ms", pause.as_millis()));
                tokio::time::sleep(pause).await;
            }
            ended => return ended,
        }
    }
    read().await
}
