//! Names: valid and unique. Sources: the descriptions of `family`, `ContainerDefinition.name`,
//! `Volume.name` and `PortMapping.name` in AWS's service model.

use std::collections::HashSet;

use super::code::LintCode;
use super::context::{LintContext, elements, text};
use crate::pointer;

/// The greatest length of a name that ECS accepts, in characters.
const MAX_NAME: usize = 255;
/// The greatest length of the name of a port mapping, in characters.
const MAX_PORT_NAME: usize = 64;

/// What ECS rejects in the name of a family, container, volume or service.
pub(super) fn wrong_name(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".to_owned());
    }
    if let Some(c) = name.chars().find(|c| !is_name_character(*c)) {
        return Some(format!("contains {c:?}, which ECS rejects"));
    }
    let length = name.chars().count();
    (length > MAX_NAME).then(|| format!("has {length} characters; ECS accepts at most {MAX_NAME}"))
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn wrong_port_name(name: &str) -> Option<String> {
    let is_allowed = |c: char| is_name_character(c) && !c.is_ascii_uppercase();
    if name.is_empty() || name.starts_with('-') {
        return Some("must start with a letter, digit or _".to_owned());
    }
    if let Some(c) = name.chars().find(|c| !is_allowed(*c)) {
        return Some(format!("contains {c:?}, which ECS rejects"));
    }
    let length = name.chars().count();
    (length > MAX_PORT_NAME)
        .then(|| format!("has {length} characters; ECS accepts at most {MAX_PORT_NAME}"))
}

/// Checks the name of the family.
pub(super) fn check_family(context: &mut LintContext<'_>) {
    if let Some(family) = text(context.definition, "family")
        && let Some(wrong) = wrong_name(family)
    {
        let message = format!("family {family:?} {wrong}");
        context.report(LintCode::InvalidName, "/family", message);
    }
}

fn valid(context: &mut LintContext<'_>) {
    for container in context.containers() {
        if container.value["name"].is_string()
            && let Some(wrong) = wrong_name(container.name)
        {
            let message = format!("the container name {:?} {wrong}", container.name);
            context.report(LintCode::InvalidName, container.pointer("name"), message);
        }
        let mappings = elements(container.value, "portMappings");
        for (index, mapping) in mappings.iter().enumerate() {
            if let Some(name) = text(mapping, "name")
                && let Some(wrong) = wrong_port_name(name)
            {
                let message = format!("the name {name:?} of a port mapping {wrong}");
                let at = container.pointer("portMappings");
                context.report(LintCode::InvalidName, format!("{at}/{index}/name"), message);
            }
        }
    }
    let volumes = elements(context.definition, "volumes");
    for (index, volume) in volumes.iter().enumerate() {
        if let Some(name) = text(volume, "name")
            && let Some(wrong) = wrong_name(name)
        {
            let message = format!("the volume name {name:?} {wrong}");
            context.report(
                LintCode::InvalidName,
                format!("/volumes/{index}/name"),
                message,
            );
        }
    }
}

/// Checks the names of containers, volumes, port mappings, variables and secrets.
pub(super) fn check(context: &mut LintContext<'_>) {
    valid(context);
    let definition = context.definition;
    let mut seen = HashSet::new();
    for container in context.containers() {
        if !container.name.is_empty() && !seen.insert(container.name) {
            let message = format!("two containers are named {}", container.name);
            context.report(LintCode::DuplicateName, container.pointer("name"), message);
        }
    }
    twice(
        context,
        elements(definition, "volumes"),
        "/volumes",
        LintCode::DuplicateName,
        |name| format!("two volumes are named {name}"),
    );
    let mut mappings: HashSet<&str> = HashSet::new();
    for container in context.containers() {
        for (index, mapping) in elements(container.value, "portMappings").iter().enumerate() {
            if let Some(name) = text(mapping, "name")
                && !mappings.insert(name)
            {
                let at = pointer::join(&container.pointer("portMappings"), &index.to_string());
                let message = format!("two port mappings are named {name}");
                context.report(LintCode::DuplicateName, format!("{at}/name"), message);
            }
        }
    }
    for container in context.containers() {
        let name = container.name;
        for (member, what, code) in [
            ("environment", "variables", LintCode::DuplicateVariable),
            ("secrets", "secrets", LintCode::DuplicateName),
        ] {
            let list = elements(container.value, member);
            twice(
                context,
                list,
                &container.pointer(member),
                code,
                |variable| format!("container {name} has two {what} named {variable}"),
            );
        }
        let secrets = elements(container.value, "secrets");
        for (index, variable) in elements(container.value, "environment").iter().enumerate() {
            let Some(variable) = text(variable, "name") else {
                continue;
            };
            if secrets.iter().any(|s| text(s, "name") == Some(variable)) {
                let at = pointer::join(&container.pointer("environment"), &index.to_string());
                let message =
                    format!("container {name} has {variable} both as a variable and as a secret");
                context.report(LintCode::EnvAndSecret, at, message);
            }
        }
    }
}

fn twice(
    context: &mut LintContext<'_>,
    list: &[serde_json::Value],
    at: &str,
    code: LintCode,
    message: impl Fn(&str) -> String,
) {
    let mut seen = HashSet::new();
    for (index, element) in list.iter().enumerate() {
        if let Some(name) = text(element, "name")
            && !seen.insert(name)
        {
            let at = pointer::join(at, &index.to_string());
            context.report(code, format!("{at}/name"), message(name));
        }
    }
}
