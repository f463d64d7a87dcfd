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

/// Why declared tags are not set.
pub fn skipped(tags: &[Value]) -> String {
    let keys = tags.iter().filter_map(|tag| tag["key"].as_str());
    format!(
        "tags {} cannot be set: the ARN of the service has the old format, without the cluster; \
         ECS can tag the service only after you delete and create it",
        keys.collect::<Vec<_>>().join(", ")
    )
}

/// Why the number of tasks does not change.
pub fn kept(live: &Value, wanted: &Value) -> String {
    format!("desiredCount stays {live} ({wanted} is declared; --update-desired-count applies it)")
}
