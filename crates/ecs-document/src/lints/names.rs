//! Duplicate names.

use std::collections::HashSet;

use super::code::LintCode;
use super::context::{LintContext, elements, text};
use crate::pointer;

pub(super) fn check(context: &mut LintContext<'_>) {
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
