//! Ports and the network mode. Sources: `RegisterTaskDefinition` and `PortMapping` in AWS's API
//! reference.

use std::collections::HashMap;

use serde_json::Value;

use super::code::LintCode;
use super::context::{Container, LintContext, elements, text};
use super::fargate::is_given;
use crate::pointer;

pub(super) fn check(context: &mut LintContext<'_>) {
    let mode = text(context.definition, "networkMode");
    if context.is_fargate && mode != Some("awsvpc") {
        let is = mode.map_or("is not set".to_owned(), |mode| format!("is {mode}"));
        let message = format!("networkMode {is}; Fargate requires awsvpc");
        context.report(LintCode::NetworkMode, "/networkMode", message);
    }
    unsupported(context, mode.unwrap_or("bridge"));
    let shares_address = matches!(mode, Some("awsvpc" | "host")) || context.is_fargate;
    let mut taken: HashMap<(i64, String), String> = HashMap::new();
    for container in context.containers() {
        for (index, mapping) in elements(container.value, "portMappings").iter().enumerate() {
            let at = pointer::join(&container.pointer("portMappings"), &index.to_string());
            for member in ["containerPort", "hostPort"] {
                if let Some(port) = mapping[member].as_i64()
                    && !(0..=65_535).contains(&port)
                {
                    let message = format!(
                        "{member} {port} of container {} is not a port",
                        container.name
                    );
                    context.report(LintCode::Port, format!("{at}/{member}"), message);
                }
            }
            port_range(context, &container, mapping, &at, mode);
            let Some(port) = mapping["containerPort"].as_i64() else {
                continue;
            };
            if !shares_address {
                continue;
            }
            if let Some(host) = mapping["hostPort"].as_i64()
                && host != port
                && host != 0
            {
                let message = format!(
                    "container {} maps port {port} to {host}; in this network mode, both must be the same",
                    container.name
                );
                context.report(LintCode::Port, format!("{at}/hostPort"), message);
            }
            let protocol = text(mapping, "protocol").unwrap_or("tcp").to_owned();
            let key = (port, protocol.clone());
            if let Some(other) = taken.insert(key, container.name.to_owned()) {
                let message = if other == container.name {
                    format!("container {other} maps port {port}/{protocol} twice")
                } else {
                    format!(
                        "containers {other} and {} both use port {port}/{protocol}, but share one address",
                        container.name
                    )
                };
                context.report(LintCode::Port, format!("{at}/containerPort"), message);
            }
        }
    }
}

/// Members that a network mode does not support. Fargate has lints of its own for them.
fn unsupported(context: &mut LintContext<'_>, mode: &str) {
    let members: &[&str] = match mode {
        _ if context.is_fargate => &[],
        "awsvpc" => &["links", "hostname", "extraHosts"],
        "host" => &["links"],
        "none" => &["links", "portMappings"],
        _ => &[],
    };
    for container in context.containers() {
        for member in members {
            if is_given(&container.value[*member]) {
                let message = format!(
                    "container {} uses {member}, which the network mode {mode} does not support",
                    container.name
                );
                let at = container.pointer(member);
                context.report_name(LintCode::NetworkMode, at, message);
            }
        }
    }
}

fn port_range(
    context: &mut LintContext<'_>,
    container: &Container<'_>,
    mapping: &Value,
    at: &str,
    mode: Option<&str>,
) {
    let Some(range) = text(mapping, "containerPortRange") else {
        return;
    };
    let bounds = range
        .split_once('-')
        .and_then(|(first, last)| Some((first.parse::<u16>().ok()?, last.parse::<u16>().ok()?)));
    let wrong = match bounds {
        None => Some("is not a range of ports, e.g. 8000-8010"),
        Some((first, last)) if first == 0 || first >= last => Some("must be ascending, from 1"),
        _ if is_given(&mapping["hostPort"]) || is_given(&mapping["containerPort"]) => {
            Some("excludes containerPort and hostPort")
        }
        _ if mode == Some("host") => Some("needs the network mode awsvpc or bridge"),
        _ => None,
    };
    if let Some(wrong) = wrong {
        let message = format!(
            "containerPortRange {range:?} of container {} {wrong}",
            container.name
        );
        context.report(LintCode::Port, format!("{at}/containerPortRange"), message);
    }
}
