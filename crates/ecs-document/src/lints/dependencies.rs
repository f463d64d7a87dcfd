//! `dependsOn`: existing names, conditions that can be met, no cycles.

use super::code::LintCode;
use super::context::{Container, LintContext, elements, text};
use crate::{nearest, pointer};

pub(super) fn check(context: &mut LintContext<'_>) {
    let containers = context.containers();
    for container in &containers {
        for (index, dependency) in elements(container.value, "dependsOn").iter().enumerate() {
            let at = pointer::join(&container.pointer("dependsOn"), &index.to_string());
            let Some(wanted) = text(dependency, "containerName") else {
                continue;
            };
            let condition = text(dependency, "condition").unwrap_or_default();
            if let Some(message) = wrong(&containers, container.name, wanted, condition) {
                context.report(LintCode::DependsOn, at, message);
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
        context.report_name(LintCode::DependsOn, at.unwrap_or_default(), message);
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
            Some(near) => format!("; did you mean {near}?"),
            None => String::new(),
        };
        return Some(format!(
            "container {name} depends on {wanted:?}, which does not exist{near}"
        ));
    };
    match condition {
        "HEALTHY" if other.value["healthCheck"].is_null() => Some(format!(
            "container {name} waits until {wanted} is healthy, but {wanted} has no health check"
        )),
        "COMPLETE" | "SUCCESS" if other.is_essential() => Some(format!(
            "container {name} waits until {wanted} exits, but {wanted} is essential, so the task would stop"
        )),
        _ => None,
    }
}

/// A cycle of dependencies, if there is one.
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
    // Visit each container once: a path that meets itself is a cycle, and a finished container
    // cannot be part of one.
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
