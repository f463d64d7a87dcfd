//! Why a plan forces a deployment, and why it keeps the number of tasks.

use serde_json::Value;

use crate::plan::service::Force;

/// Why a deployment is forced.
pub fn forced(force: &Force) -> String {
    match force {
        Force::Asked => "a new deployment is forced, as asked".to_owned(),
        Force::Capacity => "a new deployment is forced: ECS takes another capacity provider \
                            strategy only so"
            .to_owned(),
        Force::LastFailed(word) => {
            format!(
                "the last deployment of this declaration did not succeed ({word}): a new one is forced"
            )
        }
        Force::Images(images) => format!(
            "a new deployment is forced: what these tags name now is not known to be what runs: {}",
            images.join(", ")
        ),
    }
}

/// Why the number of tasks stays.
pub fn kept(live: &Value, wanted: &Value) -> String {
    format!("desiredCount stays {live} ({wanted} is declared; --update-desired-count applies it)")
}
