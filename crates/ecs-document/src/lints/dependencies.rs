//! dependsOn: names that exist, conditions that can come true, an order that has a beginning.

use super::code::Code;
use super::look::{Container, Look, elements, text};
use crate::{nearest, pointer};

pub(super) fn look(look: &mut Look<'_>) {
    let containers = look.containers();
    for container in &containers {
        for (index, dependency) in elements(container.value, "dependsOn").iter().enumerate() {
            let at = pointer::join(&container.pointer("dependsOn"), &index.to_string());
            let Some(wanted) = text(dependency, "containerName") else {
                continue;
            };
            let condition = text(dependency, "condition").unwrap_or_default();
            if let Some(message) = wrong(&containers, container.name, wanted, condition) {
                look.report(Code::DependsOn, at, message);
            }
        }
    }
    if let Some(cycle) = cycle(&containers) {
        let first = cycle.first().copied().unwrap_or_default();
        let at = containers
            .iter()
            .find(|c| c.name == first)
            .map(|c| c.pointer("dependsOn"));
        let message = format!("containers wait for each other: {}", cycle.join(" → "));
        look.report_name(Code::DependsOn, at.unwrap_or_default(), message);
    }
}

fn wrong(
    containers: &[Container<'_>],
    name: &str,
    wanted: &str,
    condition: &str,
) -> Option<String> {
    let Some(other) = containers.iter().find(|c| c.name == wanted) else {
        let near = match nearest(wanted, containers.iter().map(|c| c.name)).first() {
            Some(near) => format!("; {near} may be meant"),
            None => String::new(),
        };
        return Some(format!(
            "container {name} depends on {wanted:?}, and there is no such container{near}"
        ));
    };
    match condition {
        "HEALTHY" if other.value["healthCheck"].is_null() => Some(format!(
            "container {name} waits for {wanted} to be healthy, and {wanted} has no health check"
        )),
        "COMPLETE" | "SUCCESS" if other.is_essential() => Some(format!(
            "container {name} waits for {wanted} to end, and {wanted} is essential: its end is the task's"
        )),
        _ => None,
    }
}

/// A way from a container back to itself, where there is one.
fn cycle<'d>(containers: &[Container<'d>]) -> Option<Vec<&'d str>> {
    let index_of = |name: &str| containers.iter().position(|c| c.name == name);
    let next: Vec<Vec<usize>> = containers
        .iter()
        .map(|c| {
            elements(c.value, "dependsOn")
                .iter()
                .filter_map(|d| index_of(text(d, "containerName")?))
                .collect()
        })
        .collect();
    // Each container once: a path that meets itself is a cycle, what was left behind is none.
    let mut is_done = vec![false; containers.len()];
    for start in 0..containers.len() {
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((here, tried)) = path.last().copied() {
            if is_done[here] || tried == next[here].len() {
                is_done[here] = true;
                path.pop();
                continue;
            }
            if let Some(last) = path.last_mut() {
                last.1 += 1;
            }
            let to = next[here][tried];
            if let Some(from) = path.iter().position(|(node, _)| *node == to) {
                let mut names: Vec<&str> = path[from..]
                    .iter()
                    .map(|(n, _)| containers[*n].name)
                    .collect();
                names.push(containers[to].name);
                return Some(names);
            }
            path.push((to, 0));
        }
    }
    None
}
