//! Names that stand twice.

use std::collections::HashSet;

use super::code::Code;
use super::look::{Look, elements, text};
use crate::pointer;

pub(super) fn look(look: &mut Look<'_>) {
    let definition = look.definition;
    let mut seen = HashSet::new();
    for container in look.containers() {
        if !container.name.is_empty() && !seen.insert(container.name) {
            let message = format!("two containers are named {}", container.name);
            look.report(Code::DuplicateName, container.pointer("name"), message);
        }
    }
    twice(
        look,
        elements(definition, "volumes"),
        "/volumes",
        Code::DuplicateName,
        |name| format!("two volumes are named {name}"),
    );
    let mut mappings: HashSet<&str> = HashSet::new();
    for container in look.containers() {
        for (index, mapping) in elements(container.value, "portMappings").iter().enumerate() {
            if let Some(name) = text(mapping, "name")
                && !mappings.insert(name)
            {
                let at = pointer::join(&container.pointer("portMappings"), &index.to_string());
                let message = format!("two port mappings are named {name}");
                look.report(Code::DuplicateName, format!("{at}/name"), message);
            }
        }
    }
    for container in look.containers() {
        let name = container.name;
        for (member, what, code) in [
            ("environment", "variables", Code::DuplicateVariable),
            ("secrets", "secrets", Code::DuplicateName),
        ] {
            let list = elements(container.value, member);
            twice(look, list, &container.pointer(member), code, |variable| {
                format!("container {name} has two {what} named {variable}")
            });
        }
        let secrets = elements(container.value, "secrets");
        for (index, variable) in elements(container.value, "environment").iter().enumerate() {
            let Some(variable) = text(variable, "name") else {
                continue;
            };
            if secrets.iter().any(|s| text(s, "name") == Some(variable)) {
                let at = pointer::join(&container.pointer("environment"), &index.to_string());
                let message =
                    format!("container {name} has {variable} as a variable and as a secret");
                look.report(Code::EnvAndSecret, at, message);
            }
        }
    }
}

fn twice(
    look: &mut Look<'_>,
    list: &[serde_json::Value],
    at: &str,
    code: Code,
    message: impl Fn(&str) -> String,
) {
    let mut seen = HashSet::new();
    for (index, element) in list.iter().enumerate() {
        if let Some(name) = text(element, "name")
            && !seen.insert(name)
        {
            let at = pointer::join(at, &index.to_string());
            look.report(code, format!("{at}/name"), message(name));
        }
    }
}
