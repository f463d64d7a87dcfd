//! Whether a live service already matches a definition.
//!
//! A declared value matches if every value it contains is present: AWS fills in what was not
//! declared, and that is not a difference. A list is compared as a whole, because leaving an
//! element out is how you remove it. `null` declares nothing. If the service model does not know a
//! member and no response contains it, AWS dropped it or it is too new to decide: it is not a
//! difference either.

use ecs_document::model::{DocumentKind, Type};
use ecs_model::{is_arn, short_name};
use serde_json::{Number, Value};

/// Whether `live` contains everything that a service definition declares in `member`.
pub fn holds(member: &str, declared: &Value, live: Option<&Value>) -> bool {
    let whole = DocumentKind::CreateService.whole();
    agree(member, whole.inside(member), declared, live)
}

/// Whether the declared value contains, at any depth, a member that neither the service model nor
/// `live` contains.
pub fn has_unseen(member: &str, declared: &Value, live: Option<&Value>) -> bool {
    let whole = DocumentKind::CreateService.whole();
    unseen(whole.inside(member), declared, live)
}

fn unseen(of: Option<&Type>, declared: &Value, live: Option<&Value>) -> bool {
    match declared {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let live = live.and_then(|l| l.get(name));
            match inside(of, name) {
                Inside::Unknown => live.is_none() && !value.is_null(),
                Inside::Known(inner) => unseen(Some(inner), value, live),
                Inside::Free => false,
            }
        }),
        // Elements have no names, so any live element may correspond to the declared one.
        Value::Array(elements) => elements.iter().any(|declared| {
            let inner = of.and_then(|t| t.inside("0"));
            let live: Vec<&Value> = live
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .collect();
            unseen(inner, declared, None) && live.iter().all(|l| unseen(inner, declared, Some(l)))
        }),
        _ => false,
    }
}

/// What the service model knows about a member.
enum Inside<'t> {
    Known(&'t Type),
    /// The structure does not have this member.
    Unknown,
    /// Names are arbitrary here, or the model does not know the value at all.
    Free,
}

fn inside<'t>(of: Option<&'t Type>, name: &str) -> Inside<'t> {
    match (of.and_then(|t| t.inside(name)), of) {
        (Some(inner), _) => Inside::Known(inner),
        (None, Some(Type::Structure(_))) => Inside::Unknown,
        (None, _) => Inside::Free,
    }
}

fn agree(member: &str, of: Option<&Type>, declared: &Value, live: Option<&Value>) -> bool {
    match (declared, live) {
        (Value::Null, _) => true,
        (declared, None | Some(Value::Null)) => is_default(member, of, declared),
        (Value::Object(declared), Some(Value::Object(live))) => {
            declared.iter().all(|(name, value)| match inside(of, name) {
                Inside::Unknown if !live.contains_key(name) => true,
                Inside::Known(inner) => agree(name, Some(inner), value, live.get(name)),
                Inside::Unknown | Inside::Free => agree(name, None, value, live.get(name)),
            })
        }
        (Value::Array(declared), Some(Value::Array(live))) => {
            let inner = of.and_then(|t| t.inside("0"));
            lists_agree(member, inner, declared, live)
        }
        (Value::Number(declared), Some(Value::Number(live))) => numbers_agree(declared, live),
        (Value::String(declared), Some(Value::String(live))) => texts_agree(member, declared, live),
        (declared, Some(live)) => declared == live,
    }
}

/// Whether the declared value is the one that a live service has if it does not show the member.
fn is_default(member: &str, of: Option<&Type>, declared: &Value) -> bool {
    match declared {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.iter().all(|(name, value)| match inside(of, name) {
            Inside::Unknown => true,
            Inside::Known(inner) => is_default(name, Some(inner), value),
            Inside::Free => is_default(name, None, value),
        }),
        Value::String(text) => {
            text.is_empty()
                || matches!(
                    (member, text.as_str()),
                    ("propagateTags", "NONE")
                        | ("assignPublicIp" | "availabilityZoneRebalancing", "DISABLED")
                        | ("platformVersion", "LATEST")
                        | ("schedulingStrategy", "REPLICA")
                        | ("strategy", "ROLLING")
                        | ("type", "ECS")
                )
        }
    }
}

fn numbers_agree(declared: &Number, live: &Number) -> bool {
    declared == live || (declared.as_f64().is_some() && declared.as_f64() == live.as_f64())
}

/// Different names of the same thing match: a namespace or a role may be given by its name or its
/// ARN. If only one of the two is an ARN, AWS's response cannot contradict the declaration.
fn texts_agree(member: &str, declared: &str, live: &str) -> bool {
    declared == live
        || (member == "namespace" && is_arn(declared) != is_arn(live))
        || (member == "role" && short_name(live) == declared)
}

/// Lists match if each declared element matches a live element of its own and none is left over.
/// Their order has no meaning in ECS, except for placement strategies, which apply in order.
fn lists_agree(member: &str, of: Option<&Type>, declared: &[Value], live: &[Value]) -> bool {
    let declared = without_repeats(declared);
    let live = without_repeats(live);
    if declared.len() != live.len() {
        return false;
    }
    if member == "placementStrategy" {
        let mut pairs = declared.iter().zip(&live);
        return pairs.all(|(d, l)| agree(member, of, d, Some(l)));
    }
    let fits = |index: usize, at: usize| agree(member, of, declared[index], Some(live[at]));
    let mut owner: Vec<Option<usize>> = vec![None; live.len()];
    (0..declared.len()).all(|index| {
        let mut tried = vec![false; live.len()];
        place(index, &fits, &mut owner, &mut tried)
    })
}

/// Finds a live element for a declared one. Earlier ones move to another live element if they can
/// (an augmenting path), so the result does not depend on the order.
fn place(
    index: usize,
    fits: &impl Fn(usize, usize) -> bool,
    owner: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    for at in 0..owner.len() {
        if tried[at] || !fits(index, at) {
            continue;
        }
        tried[at] = true;
        let is_free = match owner[at] {
            None => true,
            Some(other) => place(other, fits, owner, tried),
        };
        if is_free {
            owner[at] = Some(index);
            return true;
        }
    }
    false
}

fn without_repeats(list: &[Value]) -> Vec<&Value> {
    let mut once: Vec<&Value> = Vec::with_capacity(list.len());
    for element in list {
        if !element.is_string() || !once.contains(&element) {
            once.push(element);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{has_unseen, holds};

    #[test]
    fn a_declared_value_holds_when_all_of_it_is_there() {
        let table: &[(&str, &str, Value, Value)] = &[
            ("null declares nothing", "x", json!(null), json!("anything")),
            ("numbers", "x", json!(1), json!(1.0)),
            (
                "AWS filled in the rest",
                "deploymentConfiguration",
                json!({"minimumHealthyPercent": 100}),
                json!({"minimumHealthyPercent": 100, "maximumPercent": 200, "strategy": "ROLLING"}),
            ),
            (
                "the order of subnets",
                "subnets",
                json!(["b", "a"]),
                json!(["a", "b"]),
            ),
            (
                "a repeated subnet",
                "subnets",
                json!(["a", "a"]),
                json!(["a"]),
            ),
            (
                "objects in a list, with defaults filled in",
                "capacityProviderStrategy",
                json!([{"capacityProvider": "FARGATE_SPOT", "weight": 3}, {"capacityProvider": "FARGATE", "base": 1}]),
                json!([{"capacityProvider": "FARGATE", "base": 1, "weight": 0}, {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 3}]),
            ),
            (
                "the wider element must not take the narrower one's place",
                "loadBalancers",
                json!([{"containerName": "app"}, {"containerName": "app", "containerPort": 1}]),
                json!([{"containerName": "app", "containerPort": 1}, {"containerName": "app", "containerPort": 2}]),
            ),
            (
                "absent and false",
                "enableExecuteCommand",
                json!(false),
                json!(null),
            ),
            (
                "absent and empty",
                "serviceRegistries",
                json!([]),
                json!(null),
            ),
            (
                "absent and NONE",
                "propagateTags",
                json!("NONE"),
                json!(null),
            ),
            (
                "absent and all of it default",
                "alarms",
                json!({"alarmNames": [], "enable": false, "rollback": false}),
                json!(null),
            ),
            (
                "short name of a role",
                "role",
                json!("ecs"),
                json!("arn:aws:iam::1:role/x/ecs"),
            ),
            (
                "namespace by name",
                "namespace",
                json!("internal"),
                json!("arn:aws:servicediscovery:r:1:namespace/ns-1"),
            ),
        ];
        for (what, member, declared, live) in table {
            assert!(holds(member, declared, Some(live)), "{what}");
        }
    }

    #[test]
    fn members_that_aws_dropped_are_not_a_difference() {
        let declared = json!({"awsvpcConfiguration": {"subnets": ["a"], "memberOfTomorrow": 1}});
        let live = json!({"awsvpcConfiguration": {"subnets": ["a"], "assignPublicIp": "DISABLED"}});
        let is_so = |live: &Value| holds("networkConfiguration", &declared, Some(live));
        let is_unseen = |live: &Value| has_unseen("networkConfiguration", &declared, Some(live));
        assert!(is_so(&live) && is_unseen(&live));
        // A member that a response contains is compared.
        let with = |value: u8| json!({"awsvpcConfiguration": {"subnets": ["a"], "memberOfTomorrow": value}});
        assert!(is_so(&with(1)) && !is_unseen(&with(1)));
        assert!(!is_so(&with(2)));
        let in_list = json!([{"targetGroupArn": "g", "new": 1}]);
        let live = json!([{"targetGroupArn": "g"}]);
        assert!(holds("loadBalancers", &in_list, Some(&live)));
        assert!(has_unseen("loadBalancers", &in_list, Some(&live)));
    }

    #[test]
    fn differences_are_found() {
        let table: &[(&str, &str, Value, Value)] = &[
            (
                "a subnet left out",
                "subnets",
                json!(["a"]),
                json!(["a", "b"]),
            ),
            ("a subnet added", "subnets", json!(["a", "b"]), json!(["a"])),
            (
                "an emptied list",
                "loadBalancers",
                json!([]),
                json!([{"containerName": "app"}]),
            ),
            ("another type", "containerPort", json!("8080"), json!(8080)),
            (
                "absent and true",
                "enableExecuteCommand",
                json!(true),
                json!(null),
            ),
            (
                "absent and PUBLIC",
                "assignPublicIp",
                json!("ENABLED"),
                json!(null),
            ),
            (
                "order of strategies",
                "placementStrategy",
                json!([{"type": "spread"}, {"type": "binpack"}]),
                json!([{"type": "binpack"}, {"type": "spread"}]),
            ),
            (
                "deep inside",
                "deploymentConfiguration",
                json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}}),
                json!({"deploymentCircuitBreaker": {"enable": true, "rollback": false}}),
            ),
            ("two namespaces", "namespace", json!("a"), json!("b")),
        ];
        for (what, member, declared, live) in table {
            assert!(!holds(member, declared, Some(live)), "{what}");
        }
    }
}
