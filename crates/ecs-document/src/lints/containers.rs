//! Whether a container is essential, and whether containers refer to existing volumes and containers.

use super::code::LintCode;
use super::context::{LintContext, elements, text};
use crate::{nearest, pointer};

pub(super) fn check(context: &mut LintContext<'_>) {
    let containers = context.containers();
    if !containers.is_empty() && containers.iter().all(|c| !c.is_essential()) {
        context.report_name(
            LintCode::NoEssential,
            "/containerDefinitions",
            "no container is essential, so ECS rejects the definition",
        );
    }
    let volumes: Vec<&str> = elements(context.definition, "volumes")
        .iter()
        .filter_map(|v| text(v, "name"))
        .collect();
    let names: Vec<&str> = containers.iter().map(|c| c.name).collect();
    if let Some(proxy) = text(&context.definition["proxyConfiguration"], "containerName")
        && !names.contains(&proxy)
    {
        let message =
            format!("proxyConfiguration refers to container {proxy:?}, which does not exist");
        let at = "/proxyConfiguration/containerName";
        context.report(LintCode::UnknownReference, at, message);
    }
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
                    Some(near) => format!("; did you mean {near}?"),
                    None => String::new(),
                };
                let at = pointer::join(&container.pointer(member), &index.to_string());
                let message = format!(
                    "container {} refers to the {what} {wanted:?}, which the definition does not have{near}",
                    container.name
                );
                context.report(
                    LintCode::UnknownReference,
                    pointer::join(&at, naming),
                    message,
                );
            }
        }
    }
}
