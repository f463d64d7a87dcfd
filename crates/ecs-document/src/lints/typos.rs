//! Unknown members that are almost certainly mistakes: misspelled, or in the wrong object.
//!
//! Decided here: which of them are. ECS ignores them silently, so a service would come up without
//! its circuit breaker. Never here: unknown members that may be newer than this version.

use serde_json::{Map, Value};

use crate::model::{Member, Type, members};
use crate::nearest::{distance, nearest};

/// The number of letters that a misspelled name may differ in. Case does not count.
const MAX_DISTANCE: usize = 2;
/// Shorter names are likely to be in several structures, or to be close to another name by chance.
const MIN_DISTINCT: usize = 6;
/// How far below the object to search for the right place of a member.
const MAX_DEPTH: usize = 3;

/// The name that an unknown member was meant to have, with its path from the object that contains
/// it; `None` if it is not a typo.
pub(super) fn intended(
    name: &str,
    object: &Map<String, Value>,
    known: &[Member],
) -> Option<String> {
    let close = known
        .iter()
        .map(|member| member.name)
        .filter(|known| is_typo(name, known) && !is_beside(known, object))
        .min_by_key(|known| distance(name, known));
    match close {
        Some(known) => Some(known.to_owned()),
        None if name.len() >= MIN_DISTINCT => path_to(name, known, MAX_DEPTH),
        None => None,
    }
}

/// A similar name that may be meant, although it is not a typo.
pub(super) fn similar<'k>(name: &str, known: &'k [Member]) -> Option<&'k str> {
    nearest(name, known.iter().map(|m| m.name)).first().copied()
}

/// A short name differs from many others in two letters, so it may differ in one only.
fn is_typo(name: &str, known: &str) -> bool {
    let shorter = name.chars().count().min(known.chars().count());
    distance(name, known) <= MAX_DISTANCE.min(shorter / 3)
}

/// Whether an object has the known member, too, so that a similar short name, e.g. `gpu` beside
/// `cpu`, is not a typo.
fn is_beside(known: &str, object: &Map<String, Value>) -> bool {
    known.len() < MIN_DISTINCT && object.contains_key(known)
}

/// The path to a member of this name in a structure below, e.g.
/// `networkConfiguration.awsvpcConfiguration.assignPublicIp`; the shortest one.
fn path_to(name: &str, known: &[Member], depth: usize) -> Option<String> {
    for depth in 1..=depth {
        for member in known {
            let (structure, brackets) = match &member.kind {
                Type::Structure(structure) => (*structure, ""),
                Type::List(of) => match **of {
                    Type::Structure(structure) => (structure, "[]"),
                    _ => continue,
                },
                _ => continue,
            };
            let inside = members(structure);
            let rest = if depth > 1 {
                path_to(name, inside, depth - 1)
            } else {
                let found = inside.iter().find(|m| m.name == name);
                found.map(|found| found.name.to_owned())
            };
            if let Some(rest) = rest {
                return Some(format!("{}{brackets}.{rest}", member.name));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::intended;
    use crate::model::DocumentKind;

    #[test]
    fn typos_and_misplaced_members_have_an_intended_name() {
        let service = DocumentKind::CreateService.members();
        let task = DocumentKind::TaskDefinition.members();
        for (known, name, expected) in [
            (service, "desiredcount", Some("desiredCount")),
            (service, "launchtype", Some("launchType")),
            (service, "loadBalancer", Some("loadBalancers")),
            (
                service,
                "deploymentCircuitBreaker",
                Some("deploymentConfiguration.deploymentCircuitBreaker"),
            ),
            (
                service,
                "assignPublicIp",
                Some("networkConfiguration.awsvpcConfiguration.assignPublicIp"),
            ),
            (service, "healthCheckGracePeriod", None),
            (service, "memberOfTomorrow", None),
            (task, "familly", Some("family")),
            (task, "gpu", Some("cpu")),
            (
                task,
                "healthCheck",
                Some("containerDefinitions[].healthCheck"),
            ),
            (task, "name", None),
        ] {
            let object = Map::new();
            assert_eq!(
                intended(name, &object, known).as_deref(),
                expected,
                "{name}"
            );
        }
        let both = json!({"cpu": "256", "gpu": 1});
        let both = both.as_object().expect("an object");
        assert_eq!(intended("gpu", both, task), None);
    }
}
