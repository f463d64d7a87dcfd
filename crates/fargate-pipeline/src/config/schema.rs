//! The JSON schema of `fargate.yml`, which editors complete and check the file with.
//!
//! Decided here: which form each kind of flag has in the file. Never here: which flags there are.

use clap::{Arg, ArgAction};
use serde_json::{Map, Value, json};

use crate::config::fargate_yml::is_member;
use crate::config::flags::deploy_command;

/// The schema as a document that ends with a newline.
#[must_use]
pub fn schema() -> String {
    let command = deploy_command();
    let arguments = command.get_arguments().filter(|arg| is_member(arg));
    let flags = arguments.filter_map(|arg| Some((arg.get_long()?.to_owned(), member(arg))));
    let members: Map<String, Value> = flags.collect();
    let mut environment = members.clone();
    let inherits = json!({"type": "string", "description": "Environment whose members apply, too"});
    environment.insert("inherits".to_owned(), inherits);
    let mut top = members;
    top.insert(
        "environments".to_owned(),
        json!({
            "type": "object",
            "description": "Members for one environment each, which win over the top level",
            "additionalProperties": {
                "type": ["object", "null"], "properties": environment, "additionalProperties": false,
            },
        }),
    );
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "fargate.yml",
        "description": "Settings of `fargate-pipeline deploy`",
        "type": "object",
        "properties": top,
        "additionalProperties": false,
    });
    // Serializing a `Value` cannot fail.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

fn member(arg: &Arg) -> Value {
    let scalar = || json!({"type": ["string", "number", "boolean"]});
    let mut member = match arg.get_action() {
        ArgAction::SetTrue => json!({"type": "boolean"}),
        ArgAction::Append => json!({"anyOf": [
            scalar(),
            {"type": "array", "items": scalar()},
            {"type": "object", "additionalProperties": scalar()},
        ]}),
        _ => scalar(),
    };
    let possible = arg.get_possible_values();
    if !possible.is_empty() && !matches!(arg.get_action(), ArgAction::SetTrue) {
        let names = possible.iter().map(|value| value.get_name());
        member = json!({"enum": names.collect::<Vec<_>>()});
    }
    if let Some(help) = arg.get_help() {
        member["description"] = json!(help.to_string());
    }
    member
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::schema;

    #[test]
    fn every_flag_is_a_member_of_the_file_and_of_each_environment() {
        let schema: Value = serde_json::from_str(&schema()).expect("JSON");
        let top = &schema["properties"];
        let environment = &top["environments"]["additionalProperties"]["properties"];
        let command = super::deploy_command();
        let arguments = command.get_arguments().filter(|arg| super::is_member(arg));
        for flag in arguments.filter_map(|arg| arg.get_long()) {
            assert!(
                top[flag].is_object() && environment[flag].is_object(),
                "{flag}"
            );
            let text = top[flag]["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{flag} has no description");
        }
        assert_eq!(top["dry-run"]["type"], "boolean");
        assert_eq!(top["on-pause"]["enum"][1], "exit");
        assert!(top["inherits"].is_null() && environment["inherits"].is_object());
    }
}
