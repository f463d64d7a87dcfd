//! Tags that a definition has because AWS or ecs-deploy set them, not because a person declared them.
//!
//! Decided here: which tags these are. A saved or live definition contains them, but registering
//! them again fails, or makes an unchanged definition differ.

use serde_json::Value;

use crate::{Document, pointer};

/// The tag in which ecs-deploy stores the digest of a revision's document.
pub const DIGEST_TAG: &str = "fargate-pipeline:digest";

/// The prefix of tags that only AWS can set.
const AWS_PREFIX: &str = "aws:";

fn is_managed(tag: &Value) -> bool {
    tag["key"]
        .as_str()
        .is_some_and(|key| key == DIGEST_TAG || key.starts_with(AWS_PREFIX))
}

impl Document {
    /// Removes the tags that AWS and ecs-deploy set, and the list of tags if it becomes empty.
    pub fn remove_managed_tags(&mut self) {
        let tags = self.get("/tags").and_then(Value::as_array);
        let all = tags.map_or(0, Vec::len);
        let managed: Vec<usize> = tags
            .into_iter()
            .flatten()
            .enumerate()
            .filter(|(_, tag)| is_managed(tag))
            .map(|(index, _)| index)
            .collect();
        if managed.is_empty() {
            return;
        }
        if managed.len() == all {
            self.remove("/tags");
            return;
        }
        for index in managed.into_iter().rev() {
            self.remove(&pointer::join("/tags", &index.to_string()));
        }
    }
}
