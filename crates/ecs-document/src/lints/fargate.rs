//! Features that Fargate does not support. Source: the descriptions in AWS's service model.

use serde_json::Value;

use super::code::LintCode;
use super::context::{Container, LintContext, elements, text};
use crate::pointer;

pub(super) fn check(context: &mut LintContext<'_>) {
    if !context.is_fargate {
        return;
    }
    let definition = context.definition;
    for member in ["ipcMode", "placementConstraints", "inferenceAccelerators"] {
        if is_given(&definition[member]) {
            unsupported(context, format!("/{member}"), "the task", member);
        }
    }
    if definition["pidMode"] == "host" {
        unsupported(context, "/pidMode".to_owned(), "the task", "pidMode host");
    }
    if let Some(size) = definition["ephemeralStorage"]["sizeInGiB"].as_i64()
        && !(21..=200).contains(&size)
    {
        let message = format!("ephemeralStorage is {size} GiB; Fargate accepts 21 to 200");
        context.report_fargate(
            LintCode::FargateSize,
            "/ephemeralStorage/sizeInGiB",
            message,
        );
    }
    for (index, volume) in elements(definition, "volumes").iter().enumerate() {
        let at = pointer::join("/volumes", &index.to_string());
        let name = format!("volume {}", text(volume, "name").unwrap_or_default());
        if is_given(&volume["dockerVolumeConfiguration"]) {
            let at = format!("{at}/dockerVolumeConfiguration");
            unsupported(context, at, &name, "dockerVolumeConfiguration");
        }
        if text(&volume["host"], "sourcePath").is_some_and(|path| !path.is_empty()) {
            unsupported(
                context,
                format!("{at}/host/sourcePath"),
                &name,
                "host.sourcePath",
            );
        }
    }
    for container in context.containers() {
        of_container(context, &container);
    }
}

fn of_container(context: &mut LintContext<'_>, container: &Container<'_>) {
    let who = format!("container {}", container.name);
    let value = container.value;
    for member in [
        "privileged",
        "links",
        "dockerSecurityOptions",
        "extraHosts",
        "hostname",
        "disableNetworking",
        "dnsServers",
        "dnsSearchDomains",
    ] {
        if is_given(&value[member]) {
            unsupported(context, container.pointer(member), &who, member);
        }
    }
    let linux = &value["linuxParameters"];
    let at = container.pointer("linuxParameters");
    for member in ["devices", "sharedMemorySize", "maxSwap", "swappiness"] {
        if is_given(&linux[member]) {
            let what = format!("linuxParameters.{member}");
            unsupported(context, format!("{at}/{member}"), &who, &what);
        }
    }
    for (index, capability) in elements(&linux["capabilities"], "add").iter().enumerate() {
        if let Some(name) = capability.as_str().filter(|name| *name != "SYS_PTRACE") {
            let at = format!("{at}/capabilities/add/{index}");
            unsupported(context, at, &who, &format!("the capability {name}"));
        }
    }
    for (index, resource) in elements(value, "resourceRequirements").iter().enumerate() {
        if let Some(kind) = text(resource, "type") {
            let at = format!("{}/{index}", container.pointer("resourceRequirements"));
            unsupported(context, at, &who, kind);
        }
    }
    if let Some(seconds) = value["stopTimeout"]
        .as_i64()
        .filter(|s| !(2..=120).contains(s))
    {
        let message = format!("{who} has a stopTimeout of {seconds} s; Fargate accepts 2 to 120");
        context.report_fargate(
            LintCode::FargateUnsupported,
            container.pointer("stopTimeout"),
            message,
        );
    }
}

/// Whether a value requests something: it is not null, false, zero or empty.
pub(super) fn is_given(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        _ => true,
    }
}

fn unsupported(context: &mut LintContext<'_>, at: String, who: &str, what: &str) {
    let message = format!("{who} uses {what}, which Fargate does not support");
    context.report_fargate_name(LintCode::FargateUnsupported, at, message);
}
