//! Which containers keep the task alive, and what they name of the definition.

use super::code::Code;
use super::look::{Look, elements, text};
use crate::{nearest, pointer};

pub(super) fn look(look: &mut Look<'_>) {
    let containers = look.containers();
    if !containers.is_empty() && containers.iter().all(|c| !c.is_essential()) {
        look.report_name(
            Code::NoEssential,
            "/containerDefinitions",
            "no container is essential: the task would stop at once",
        );
    }
    let volumes: Vec<&str> = elements(look.definition, "volumes")
        .iter()
        .filter_map(|v| text(v, "name"))
        .collect();
    let names: Vec<&str> = containers.iter().map(|c| c.name).collect();
    for container in &containers {
        for (member, naming, what, known) in [
            ("mountPoints", "sourceVolume", "volume", &volumes),
            ("volumesFrom", "sourceContainer", "container", &names),
        ] {
            for (index, element) in elements(container.value, member).iter().enumerate() {
                let Some(wanted) = text(element, naming).filter(|w| !known.contains(w)) else {
                    continue;
                };
                let near = match nearest(wanted, known.iter().copied()).first() {
                    Some(near) => format!("; {near} may be meant"),
                    None => String::new(),
                };
                let at = pointer::join(&container.pointer(member), &index.to_string());
                let message = format!(
                    "container {} names no {what} of the definition: {wanted:?}{near}",
                    container.name
                );
                look.report(Code::UnknownReference, pointer::join(&at, naming), message);
            }
        }
    }
}
