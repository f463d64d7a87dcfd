//! Whether a registered revision is identical to the rendered task definition.
//!
//! Revisions that this program registered have a tag with the digest of their document. The digest
//! decides, because AWS's description lacks what AWS dropped. Other revisions are compared by
//! meaning; there, a member that the service model does not know is not a difference.

use ecs_document::DIGEST_TAG;
use ecs_document::meaning::{digest, same_meaning, strip_read_only};
use ecs_document::model::{DocumentKind, Type};
use serde_json::{Value, json};

/// How many tags a resource can have in AWS.
const MAX_TAGS: usize = 50;

/// A registered revision as DescribeTaskDefinition returns it with `include: [TAGS]`.
#[derive(Debug, Clone, Copy)]
pub struct RegisteredRevision<'a>(pub &'a Value);

impl<'a> RegisteredRevision<'a> {
    fn definition(&self) -> &'a Value {
        &self.0["taskDefinition"]
    }

    pub fn arn(&self) -> Option<&'a str> {
        self.definition()["taskDefinitionArn"].as_str()
    }

    pub fn is_active(&self) -> bool {
        self.definition()["status"] == "ACTIVE"
    }

    fn tags(&self) -> impl Iterator<Item = &'a Value> {
        self.0["tags"].as_array().into_iter().flatten()
    }

    fn digest_tag(&self) -> Option<&'a str> {
        self.tags().find(|tag| tag["key"] == DIGEST_TAG)?["value"].as_str()
    }

    /// Whether registering `declared` would create a revision that is identical to this one.
    pub fn matches(&self, declared: &Value) -> bool {
        match self.digest_tag() {
            // Someone may have copied the tag to another revision, so the images must match, too.
            Some(tag) if tag == tag_value(declared) => {
                images(declared) == images(self.definition())
            }
            Some(_) => {
                self.means(declared)
                    && !has_unknown(&DocumentKind::TaskDefinition.whole(), declared)
            }
            None => self.means(declared),
        }
    }

    /// The document of this revision, in a form that can be registered again.
    pub fn document(&self) -> Value {
        let mut document = self.definition().clone();
        if let (Some(tags), Value::Object(members)) = (user_tags(&self.0["tags"]), &mut document) {
            members.insert("tags".to_owned(), tags);
        }
        strip_read_only(&mut document);
        without_digest_tag(&mut document);
        without_empty_lists(&document)
    }

    fn means(&self, declared: &Value) -> bool {
        let mut live = self.definition().clone();
        let declared_tags = declared["tags"].as_array();
        let is_declared =
            |tag: &Value| declared_tags.is_some_and(|d| d.iter().any(|t| t["key"] == tag["key"]));
        // A tag that is not declared belongs to someone else and is not a difference.
        let tags: Vec<Value> = self.tags().filter(|t| is_declared(t)).cloned().collect();
        if let Value::Object(members) = &mut live {
            members.insert("tags".to_owned(), tags.into());
        }
        strip_read_only(&mut live);
        same_meaning(DocumentKind::TaskDefinition, declared, &live)
    }
}

/// The tags that a person may set: AWS reserves those that begin with `aws:`.
pub fn user_tags(tags: &Value) -> Option<Value> {
    let own = |t: &&Value| {
        t["key"]
            .as_str()
            .is_some_and(|key| !key.to_lowercase().starts_with("aws:"))
    };
    let tags: Vec<Value> = tags.as_array()?.iter().filter(own).cloned().collect();
    (!tags.is_empty()).then(|| tags.into())
}

/// Removes nulls and empty lists, which responses contain and a file does not need.
pub fn without_empty_lists(value: &Value) -> Value {
    let says_nothing = |v: &Value| v.is_null() || v.as_array().is_some_and(Vec::is_empty);
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, v)| !says_nothing(v))
            .map(|(name, v)| (name.clone(), without_empty_lists(v)))
            .collect(),
        Value::Array(elements) => elements.iter().map(without_empty_lists).collect(),
        other => other.clone(),
    }
}

/// Names and images of the containers, sorted by name.
fn images(definition: &Value) -> Vec<(&str, &str)> {
    let containers = definition["containerDefinitions"].as_array();
    let mut images: Vec<_> = containers
        .into_iter()
        .flatten()
        .map(|c| {
            (
                c["name"].as_str().unwrap_or_default(),
                c["image"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    images.sort_unstable();
    images
}

/// Whether the value contains, at any depth, a member that the service model does not know.
fn has_unknown(of: &Type, value: &Value) -> bool {
    let inside = |name: &str, value: &Value| match of.inside(name) {
        Some(inner) => has_unknown(inner, value),
        None => matches!(of, Type::Structure(_)),
    };
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| !value.is_null() && inside(name, value)),
        Value::Array(elements) => elements.iter().any(|value| inside("0", value)),
        _ => false,
    }
}

/// The value of the digest tag for a document.
pub fn tag_value(declared: &Value) -> String {
    format!("sha256:{}", digest(DocumentKind::TaskDefinition, declared))
}

/// Whether the document leaves room for the digest tag.
pub fn has_room_for_digest(declared: &Value) -> bool {
    declared["tags"]
        .as_array()
        .is_none_or(|tags| tags.len() < MAX_TAGS)
}

/// The body of RegisterTaskDefinition: the document, unchanged, plus the digest tag if requested and
/// if there is room for it.
pub fn register_body(declared: &Value, with_digest: bool) -> Value {
    let mut body = declared.clone();
    let with_digest = with_digest && has_room_for_digest(declared);
    if let (true, Value::Object(members)) = (with_digest, &mut body) {
        let tag = json!({"key": DIGEST_TAG, "value": tag_value(declared)});
        match members.get_mut("tags") {
            Some(Value::Array(tags)) => tags.push(tag),
            _ => {
                members.insert("tags".to_owned(), json!([tag]));
            }
        }
    }
    body
}

/// Removes the digest tag from a document that was created from a described revision.
pub fn without_digest_tag(declared: &mut Value) {
    let Some(Value::Array(tags)) = declared.get_mut("tags") else {
        return;
    };
    let before = tags.len();
    tags.retain(|tag| tag["key"] != DIGEST_TAG);
    if tags.is_empty()
        && before > 0
        && let Value::Object(members) = declared
    {
        members.shift_remove("tags");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{DIGEST_TAG, RegisteredRevision, register_body, tag_value, without_digest_tag};

    fn declared() -> Value {
        json!({"family": "web", "cpu": "256", "containerDefinitions": [
            {"name": "app", "image": "repo@sha256:1", "portMappings": [{"containerPort": 80}]}]})
    }

    fn registered(definition: &Value, tags: Value) -> Value {
        let mut definition = definition.clone();
        definition["revision"] = json!(7);
        definition["status"] = json!("ACTIVE");
        definition["taskDefinitionArn"] = json!("arn:aws:ecs:r:1:task-definition/web:7");
        json!({"taskDefinition": definition, "tags": tags})
    }

    #[test]
    fn the_digest_decides_if_there_is_one() {
        let mut known_tomorrow = declared();
        known_tomorrow["memberOfTomorrow"] = json!(1);
        let body = register_body(&known_tomorrow, true);
        // AWS dropped the member, but the tag still identifies the document.
        let ours = registered(&declared(), body["tags"].clone());
        assert!(RegisteredRevision(&ours).matches(&known_tomorrow));
        // The member was changed or removed: the digest differs.
        let mut other = known_tomorrow.clone();
        other["memberOfTomorrow"] = json!(2);
        assert!(!RegisteredRevision(&ours).matches(&other));
        assert!(
            RegisteredRevision(&ours).matches(&declared()),
            "the meaning is the same"
        );
    }

    #[test]
    fn a_tag_that_was_copied_to_another_image_does_not_decide() {
        let mut older = declared();
        older["containerDefinitions"][0]["image"] = json!("repo@sha256:0");
        let copied = registered(
            &older,
            json!([{"key": DIGEST_TAG, "value": tag_value(&declared())}]),
        );
        assert!(!RegisteredRevision(&copied).matches(&declared()));
    }

    #[test]
    fn without_a_digest_the_meaning_decides() {
        let theirs = registered(&declared(), json!([{"key": "by", "value": "someone"}]));
        let mut unknown = declared();
        unknown["memberOfTomorrow"] = json!(1);
        unknown["volumes"] = Value::Null;
        assert!(RegisteredRevision(&theirs).matches(&unknown));
        for (pointer, value) in [("/cpu", json!("512")), ("/family", json!("other"))] {
            let mut other = declared();
            *other.pointer_mut(pointer).expect("there") = value;
            assert!(!RegisteredRevision(&theirs).matches(&other), "{pointer}");
        }
        let mut tagged = declared();
        tagged["tags"] = json!([{"key": "by", "value": "us"}]);
        assert!(!RegisteredRevision(&theirs).matches(&tagged));
        tagged["tags"] = json!([{"key": "by", "value": "someone"}]);
        assert!(RegisteredRevision(&theirs).matches(&tagged));
    }

    #[test]
    fn registering_adds_one_tag_and_changes_nothing_else() {
        let mut document = declared();
        document["tags"] = json!([{"key": "team", "value": "shop"}]);
        document["memberOfTomorrow"] = json!({"n": 12345678901234567890u64});
        let body = register_body(&document, true);
        assert_eq!(body["tags"][1]["key"], DIGEST_TAG);
        let mut back = body.clone();
        without_digest_tag(&mut back);
        assert_eq!(back, document);
        assert_eq!(register_body(&document, false), document);
        let mut bare = register_body(&declared(), true);
        without_digest_tag(&mut bare);
        assert_eq!(bare, declared());
    }

    #[test]
    fn fifty_declared_tags_leave_no_room_for_the_digest() {
        let mut document = declared();
        let tag = |n: usize| json!({"key": format!("key{n}"), "value": "x"});
        document["tags"] = (0..50).map(tag).collect();
        assert_eq!(register_body(&document, true), document);
        // Without the digest the meaning decides, so the revision is still recognized.
        let ours = registered(&declared(), document["tags"].clone());
        assert!(RegisteredRevision(&ours).matches(&document));
        document["tags"] = (0..49).map(tag).collect();
        let body = register_body(&document, true);
        assert_eq!(body["tags"][49]["key"], DIGEST_TAG);
    }

    #[test]
    fn the_document_of_a_revision_can_be_registered_again() {
        let tags = json!([{"key": "aws:cloudformation:stack-name", "value": "web"},
            {"key": DIGEST_TAG, "value": "sha256:1"}, {"key": "team", "value": "shop"}]);
        let mut expected = declared();
        expected["tags"] = json!([{"key": "team", "value": "shop"}]);
        let ours = registered(&declared(), tags);
        assert_eq!(RegisteredRevision(&ours).document(), expected);
        let bare = registered(&declared(), json!([]));
        assert_eq!(RegisteredRevision(&bare).document(), declared());
    }
}
