//! What Fargate has not. Source: the descriptions in AWS's service model.

use serde_json::Value;

use super::code::Code;
use super::look::{Container, Look, elements, text};
use crate::pointer;

pub(super) fn look(look: &mut Look<'_>) {
    if !look.is_fargate {
        return;
    }
    let definition = look.definition;
    for member in ["ipcMode", "placementConstraints", "inferenceAccelerators"] {
        if is_given(&definition[member]) {
            unsupported(look, format!("/{member}"), "the task", member);
        }
    }
    if definition["pidMode"] == "host" {
        unsupported(look, "/pidMode".to_owned(), "the task", "pidMode host");
    }
    if let Some(size) = definition["ephemeralStorage"]["sizeInGiB"].as_i64()
        && !(21..=200).contains(&size)
    {
        let message = format!("ephemeralStorage of {size} GiB; Fargate takes 21 to 200");
        look.report(Code::FargateSize, "/ephemeralStorage/sizeInGiB", message);
    }
    for (index, volume) in elements(definition, "volumes").iter().enumerate() {
        let at = pointer::join("/volumes", &index.to_string());
        let name = format!("volume {}", text(volume, "name").unwrap_or_default());
        if is_given(&volume["dockerVolumeConfiguration"]) {
            let at = format!("{at}/dockerVolumeConfiguration");
            unsupported(look, at, &name, "dockerVolumeConfiguration");
        }
        if text(&volume["host"], "sourcePath").is_some_and(|path| !path.is_empty()) {
            unsupported(
                look,
                format!("{at}/host/sourcePath"),
                &name,
                "host.sourcePath",
            );
        }
    }
    for container in look.containers() {
        of_container(look, &container);
    }
}

fn of_container(look: &mut Look<'_>, container: &Container<'_>) {
    let who = format!("container {}", container.name);
    let value = container.value;
    for member in [
        "privileged",
        "links",
        "dockerSecurityOptions",
        "extraHosts",
        "hostname",
    ] {
        if is_given(&value[member]) {
            unsupported(look, container.pointer(member), &who, member);
        }
    }
    let linux = &value["linuxParameters"];
    let at = container.pointer("linuxParameters");
    for member in ["devices", "sharedMemorySize", "maxSwap", "swappiness"] {
        if is_given(&linux[member]) {
            let what = format!("linuxParameters.{member}");
            unsupported(look, format!("{at}/{member}"), &who, &what);
        }
    }
    for (index, capability) in elements(&linux["capabilities"], "add").iter().enumerate() {
        if let Some(name) = capability.as_str().filter(|name| *name != "SYS_PTRACE") {
            let at = format!("{at}/capabilities/add/{index}");
            unsupported(look, at, &who, &format!("the capability {name}"));
        }
    }
    for (index, resource) in elements(value, "resourceRequirements").iter().enumerate() {
        if let Some(kind) = text(resource, "type") {
            let at = format!("{}/{index}", container.pointer("resourceRequirements"));
            unsupported(look, at, &who, kind);
        }
    }
    if let Some(seconds) = value["stopTimeout"].as_i64().filter(|s| *s > 120) {
        let message = format!("{who} has a stopTimeout of {seconds} s; Fargate waits 120 at most");
        look.report(
            Code::FargateUnsupported,
            container.pointer("stopTimeout"),
            message,
        );
    }
}

/// Whether something is asked for: not null, false, zero or empty.
fn is_given(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        _ => true,
    }
}

fn unsupported(look: &mut Look<'_>, at: String, who: &str, what: &str) {
    let message = format!("{who} asks for {what}, which Fargate has not");
    look.report_name(Code::FargateUnsupported, at, message);
}
