//! Whether a registered revision already is the rendered task definition.
//!
//! A revision that this program registered carries the digest of its document as a tag; the
//! digest decides, since AWS's description lacks what AWS dropped. Any other revision is compared
//! by meaning, and there a member that the service model does not know makes no difference.

use ecs_document::meaning::{digest, same_meaning, strip_read_only};
use ecs_document::model::{DocumentKind, Type};
use serde_json::{Value, json};

/// The tag that holds a revision's digest.
pub const DIGEST_TAG: &str = "fargate-pipeline:digest";

/// A registered revision, as DescribeTaskDefinition answers with `include: [TAGS]`.
#[derive(Debug, Clone, Copy)]
pub struct Registered<'a>(pub &'a Value);

impl<'a> Registered<'a> {
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

    /// Whether registering `declared` would make this revision once more.
    pub fn is(&self, declared: &Value) -> bool {
        match self.digest_tag() {
            // A tag can be copied to another revision; its images say at least that much.
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

    fn means(&self, declared: &Value) -> bool {
        let mut live = self.definition().clone();
        let declared_tags = declared["tags"].as_array();
        let is_declared =
            |tag: &Value| declared_tags.is_some_and(|d| d.iter().any(|t| t["key"] == tag["key"]));
        // A tag that nobody declared is someone else's and no difference.
        let tags: Vec<Value> = self.tags().filter(|t| is_declared(t)).cloned().collect();
        if let Value::Object(members) = &mut live {
            members.insert("tags".to_owned(), tags.into());
        }
        strip_read_only(&mut live);
        same_meaning(DocumentKind::TaskDefinition, declared, &live)
    }
}

/// Container names and images, in the order of the names.
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

/// Whether there is a member that the service model does not know, however deep.
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

/// The digest of a document, as its revision's tag has it.
pub fn tag_value(declared: &Value) -> String {
    format!("sha256:{}", digest(DocumentKind::TaskDefinition, declared))
}

/// The body of RegisterTaskDefinition: the document as it is and, unless told otherwise, its
/// digest as one more tag.
pub fn register_body(declared: &Value, with_digest: bool) -> Value {
    let mut body = declared.clone();
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

/// Takes our own tag out of a document that was made from a described revision.
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

    use super::{DIGEST_TAG, Registered, register_body, tag_value, without_digest_tag};

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
    fn the_digest_decides_where_there_is_one() {
        let mut known_tomorrow = declared();
        known_tomorrow["memberOfTomorrow"] = json!(1);
        let body = register_body(&known_tomorrow, true);
        // AWS dropped the member; the tag still says that this is the document.
        let ours = registered(&declared(), body["tags"].clone());
        assert!(Registered(&ours).is(&known_tomorrow));
        // The member was taken out, or another one was put in: the digest says so.
        let mut other = known_tomorrow.clone();
        other["memberOfTomorrow"] = json!(2);
        assert!(!Registered(&ours).is(&other));
        assert!(Registered(&ours).is(&declared()), "the meaning is the same");
    }

    #[test]
    fn a_tag_that_was_copied_to_another_image_does_not_decide() {
        let mut older = declared();
        older["containerDefinitions"][0]["image"] = json!("repo@sha256:0");
        let copied = registered(
            &older,
            json!([{"key": DIGEST_TAG, "value": tag_value(&declared())}]),
        );
        assert!(!Registered(&copied).is(&declared()));
    }

    #[test]
    fn without_a_digest_the_meaning_decides() {
        let theirs = registered(&declared(), json!([{"key": "by", "value": "someone"}]));
        let mut unknown = declared();
        unknown["memberOfTomorrow"] = json!(1);
        unknown["volumes"] = Value::Null;
        assert!(Registered(&theirs).is(&unknown));
        for (pointer, value) in [("/cpu", json!("512")), ("/family", json!("other"))] {
            let mut other = declared();
            *other.pointer_mut(pointer).expect("there") = value;
            assert!(!Registered(&theirs).is(&other), "{pointer}");
        }
        let mut tagged = declared();
        tagged["tags"] = json!([{"key": "by", "value": "us"}]);
        assert!(!Registered(&theirs).is(&tagged));
        tagged["tags"] = json!([{"key": "by", "value": "someone"}]);
        assert!(Registered(&theirs).is(&tagged));
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
}
