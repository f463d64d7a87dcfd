//! Turns the members of the top-level object into outputs.
//!
//! Decided here: which of the two formats the text has, and whether each entry is an output. How the
//! text is read is decided in `document`.

use serde_json::{Map, Value};

use crate::document::{Member, TopLevel};
use crate::{Output, Outputs, StateDocument, StateError, StateFormat};

/// The only supported state version. Terraform 0.12 and later, and OpenTofu, write it.
const STATE_VERSION: &str = "4";

pub fn classify(top: TopLevel) -> Result<StateDocument, StateError> {
    let members = match top {
        TopLevel::Object(members) => members,
        TopLevel::Other(found) => {
            return Err(StateError::NotAState {
                found: found.to_owned(),
            });
        }
    };
    let has = |name: &str| members.iter().any(|(member, _)| member == name);
    if has("encrypted_data") && has("encryption_version") {
        return Err(StateError::Encrypted);
    }
    if let Some(version) = scalar(&members, "version") {
        // `.terraform/terraform.tfstate` has the version of an old state, but no modules.
        if has("backend") && !has("modules") && !has("outputs") {
            return Err(StateError::BackendSettings);
        }
        return state(&version.to_string(), members);
    }
    if scalar(&members, "format_version").is_some() {
        return Err(StateError::ShowJson);
    }
    output_json(members)
}

fn scalar<'a>(members: &'a [(String, Member)], name: &str) -> Option<&'a Value> {
    members.iter().find_map(|(member, value)| match value {
        Member::Scalar(value) if member == name => Some(value),
        _ => None,
    })
}

fn state(version: &str, members: Vec<(String, Member)>) -> Result<StateDocument, StateError> {
    if version != STATE_VERSION {
        // A malformed state may contain any text here: show no more of it than a number would need.
        let found = version.chars().take(20).collect();
        return Err(StateError::Version { found });
    }
    let serial = scalar(&members, "serial").and_then(Value::as_u64);
    let terraform_version = scalar(&members, "terraform_version")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let mut outputs = Outputs::new();
    for (name, member) in members {
        match (name.as_str(), member) {
            ("outputs", Member::Object(entries)) => {
                for (name, entry) in entries {
                    let entry = match entry {
                        Value::Object(entry) => entry,
                        other => return Err(malformed(&name, not_an_entry(kind(&other)))),
                    };
                    insert(&mut outputs, name, entry)?;
                }
            }
            // Terraform's own reader (in Go) treats `null` as an empty map.
            ("outputs", Member::Scalar(Value::Null)) => {}
            ("outputs", other) => {
                return Err(StateError::OutputsKind {
                    found: member_kind(&other),
                });
            }
            _ => {}
        }
    }
    Ok(StateDocument {
        format: StateFormat::State {
            serial,
            terraform_version,
        },
        outputs,
    })
}

fn output_json(members: Vec<(String, Member)>) -> Result<StateDocument, StateError> {
    let entries = members
        .iter()
        .filter(
            |(_, member)| matches!(member, Member::Object(entry) if entry.contains_key("value")),
        )
        .count();
    if entries == 0 && !members.is_empty() {
        return Err(StateError::NotAState {
            found: describe_members(&members),
        });
    }
    let mut outputs = Outputs::new();
    for (name, member) in members {
        match member {
            Member::Object(entry) => insert(&mut outputs, name, entry)?,
            other => return Err(malformed(&name, not_an_entry(member_kind(&other)))),
        }
    }
    Ok(StateDocument {
        format: StateFormat::OutputJson,
        outputs,
    })
}

fn insert(
    outputs: &mut Outputs,
    name: String,
    mut entry: Map<String, Value>,
) -> Result<(), StateError> {
    if !is_valid_name(&name) {
        let name = name.chars().take(60).collect();
        return Err(StateError::Name { name });
    }
    let sensitive = match entry.get("sensitive") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(sensitive)) => *sensitive,
        Some(other) => {
            let problem = format!("its `sensitive` is {}, not true or false", kind(other));
            return Err(malformed(&name, problem));
        }
    };
    let Some(value) = entry.shift_remove("value") else {
        return Err(malformed(&name, "it has no `value`".to_owned()));
    };
    outputs.insert(name, Output { value, sensitive });
    Ok(())
}

/// Whether Terraform would accept this name: letters (of any script), digits, `_` and `-`.
///
/// Names become keys in the files that are written, so a name with a line break or a `=` would inject
/// content.
fn is_valid_name(name: &str) -> bool {
    let part = |c: char| {
        if c.is_ascii() {
            c.is_ascii_alphanumeric() || c == '_' || c == '-'
        } else {
            !c.is_control() && !c.is_whitespace() && !is_format_character(c)
        }
    };
    !name.is_empty() && name.chars().all(part)
}

/// Invisible characters, some of which change the direction of the text.
fn is_format_character(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

fn malformed(name: &str, problem: String) -> StateError {
    StateError::Output {
        name: name.to_owned(),
        problem,
    }
}

fn not_an_entry(kind: &str) -> String {
    format!("it is {kind}, not an object with a `value`")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn member_kind(member: &Member) -> &'static str {
    match member {
        Member::Object(_) => "an object",
        Member::Scalar(value) => kind(value),
        Member::List => "a list",
        Member::Skipped => "something else",
    }
}

/// Returns e.g. `an object with the members a, b, c, d, e and 12 more`. It contains only names,
/// because values may be secret.
fn describe_members(members: &[(String, Member)]) -> String {
    const SHOWN: usize = 5;
    let names: Vec<String> = members
        .iter()
        .take(SHOWN)
        .map(|(name, _)| name.chars().take(40).collect())
        .collect();
    let more = members.len().saturating_sub(SHOWN);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let noun = if members.len() == 1 {
        "member"
    } else {
        "members"
    };
    format!("an object with the {noun} {}{rest}", names.join(", "))
}
