//! Ports and the network mode.

use std::collections::HashMap;

use super::code::Code;
use super::look::{Look, elements, text};
use crate::pointer;

pub(super) fn look(look: &mut Look<'_>) {
    let mode = text(look.definition, "networkMode");
    if look.is_fargate && mode != Some("awsvpc") {
        let is = mode.map_or("is not set".to_owned(), |mode| format!("is {mode}"));
        let message = format!("networkMode {is}; Fargate needs awsvpc");
        look.report(Code::NetworkMode, "/networkMode", message);
    }
    let shares_address = matches!(mode, Some("awsvpc" | "host")) || look.is_fargate;
    let mut taken: HashMap<(i64, String), String> = HashMap::new();
    for container in look.containers() {
        for (index, mapping) in elements(container.value, "portMappings").iter().enumerate() {
            let at = pointer::join(&container.pointer("portMappings"), &index.to_string());
            for member in ["containerPort", "hostPort"] {
                if let Some(port) = mapping[member].as_i64()
                    && !(0..=65_535).contains(&port)
                {
                    let message =
                        format!("{member} {port} of container {} is no port", container.name);
                    look.report(Code::Port, format!("{at}/{member}"), message);
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
                    "container {} maps port {port} to {host}; in this network mode the host's port is the container's",
                    container.name
                );
                look.report(Code::Port, format!("{at}/hostPort"), message);
            }
            let protocol = text(mapping, "protocol").unwrap_or("tcp").to_owned();
            let key = (port, protocol.clone());
            if let Some(other) = taken.insert(key, container.name.to_owned()) {
                let message = if other == container.name {
                    format!("container {other} maps port {port}/{protocol} twice")
                } else {
                    format!(
                        "containers {other} and {} both listen on port {port}/{protocol}, and share one address",
                        container.name
                    )
                };
                look.report(Code::Port, format!("{at}/containerPort"), message);
            }
        }
    }
}
