//! Ports and the network mode.

use std::collections::HashMap;

use super::code::LintCode;
use super::context::{LintContext, elements, text};
use crate::pointer;

pub(super) fn check(context: &mut LintContext<'_>) {
    let mode = text(context.definition, "networkMode");
    if context.is_fargate && mode != Some("awsvpc") {
        let is = mode.map_or("is not set".to_owned(), |mode| format!("is {mode}"));
        let message = format!("networkMode {is}; Fargate requires awsvpc");
        context.report(LintCode::NetworkMode, "/networkMode", message);
    }
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
