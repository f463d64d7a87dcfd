//! Reasons for forcing a deployment and for keeping the number of tasks.

use serde_json::Value;

use crate::plan::service::ForceReason;

/// Why a deployment is forced.
pub fn forced(force: &ForceReason) -> String {
    match force {
        ForceReason::Requested => "a new deployment is forced (--force-new-deployment)".to_owned(),
        ForceReason::Capacity => "a new deployment is forced: ECS requires it to change the \
                                   capacity provider strategy"
            .to_owned(),
        ForceReason::LastFailed(word) => {
            format!(
                "the last deployment of this declaration did not succeed ({word}): a new one is forced"
            )
        }
        ForceReason::Images(images) => format!(
            "a new deployment is forced: these tags may name another image than the running one: {}",
            images.join(", ")
        ),
    }
}

/// Why the number of tasks does not change.
pub fn kept(live: &Value, wanted: &Value) -> String {
    format!("desiredCount stays {live} ({wanted} is declared; --update-desired-count applies it)")
}
