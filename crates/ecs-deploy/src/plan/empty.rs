//! Empty strings in a service definition or in the members of a one-off task. Other tools and
//! `--generate-cli-skeleton` write them for members that are not set, but ECS rejects most of them.
//!
//! Decided here: in which members an empty string means "not set". Never decided here: what any other
//! value means, e.g. the empty value of a tag.

use ecs_document::model::DocumentKind;
use ecs_document::pointer;
use serde_json::Value;

/// Lists whose elements consist of names and ARNs, which are never empty.
const LISTS: [&str; 2] = ["loadBalancers", "serviceRegistries"];

/// The JSON pointers of the members that are empty strings and mean "not set".
pub fn empty_members(kind: DocumentKind, definition: &Value) -> Vec<String> {
    let whole = kind.whole();
    let is_known = |name: &str| whole.inside(name).is_some();
    let mut empty = empty_in(definition, "", is_known);
    for list in LISTS {
        let elements = definition[list].as_array().into_iter().flatten();
        for (index, element) in elements.enumerate() {
            empty.extend(empty_in(element, &format!("/{list}/{index}"), |_| true));
        }
    }
    empty
}

fn empty_in(value: &Value, parent: &str, may_be_empty: impl Fn(&str) -> bool) -> Vec<String> {
    let members = value.as_object().into_iter().flatten();
    let empty = members.filter(|(name, value)| *value == "" && may_be_empty(name));
    empty.map(|(name, _)| pointer::join(parent, name)).collect()
}

#[cfg(test)]
mod tests {
    use ecs_document::model::DocumentKind;
    use serde_json::json;

    use super::empty_members;

    #[test]
    fn empty_names_are_not_set_but_other_empty_strings_are_values() {
        let definition = json!({"cluster": "", "launchType": "", "role": "r", "memberOfTomorrow": "",
            "loadBalancers": [{"targetGroupArn": "g"}, {"loadBalancerName": "", "containerPort": 80}],
            "tags": [{"key": "team", "value": ""}]});
        assert_eq!(
            empty_members(DocumentKind::CreateService, &definition),
            [
                "/cluster",
                "/launchType",
                "/loadBalancers/1/loadBalancerName"
            ]
        );
        assert_eq!(empty_members(DocumentKind::RunTask, &json!([""])), [""; 0]);
    }
}
