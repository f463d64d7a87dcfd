//! Empty strings in a service definition. Other tools and `--generate-cli-skeleton` write them for
//! members that are not set, but ECS rejects most of them.
//!
//! Decided here: in which members an empty string means "not set". Never decided here: what any other
//! value means, e.g. the empty value of a tag.

use ecs_document::model::DocumentKind;
use serde_json::{Map, Value};

/// Lists whose elements consist of names and ARNs, which are never empty.
const LISTS: [&str; 2] = ["loadBalancers", "serviceRegistries"];

/// Removes the members that are empty strings, and returns their names, e.g.
/// `loadBalancers.loadBalancerName`.
pub(super) fn remove(definition: &mut Map<String, Value>) -> Vec<String> {
    let whole = DocumentKind::CreateService.whole();
    let mut removed = remove_from(definition, |name| whole.inside(name).is_some());
    for list in LISTS {
        let elements = definition.get_mut(list).and_then(Value::as_array_mut);
        for element in elements.into_iter().flatten() {
            if let Value::Object(members) = element {
                let names = remove_from(members, |_| true);
                removed.extend(names.into_iter().map(|name| format!("{list}.{name}")));
            }
        }
    }
    removed
}

fn remove_from(members: &mut Map<String, Value>, may_go: impl Fn(&str) -> bool) -> Vec<String> {
    let is_empty =
        |(name, value): (&String, &Value)| (value == "" && may_go(name)).then(|| name.clone());
    let names: Vec<String> = members.iter().filter_map(is_empty).collect();
    for name in &names {
        members.shift_remove(name);
    }
    names
}
