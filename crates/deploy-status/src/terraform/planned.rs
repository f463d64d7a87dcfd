//! What a Terraform plan would do, read out of `terraform show -json`.
//!
//! Addresses and the names of attributes are kept, never a value: a plan has every value in clear,
//! and which of them are secrets only their author knows.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One resource and what becomes of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    pub address: String,
    pub kind: Kind,
    /// Names of the attributes that change; of a replaced resource those that force it.
    pub attributes: Vec<String>,
}

/// What becomes of a resource, the gravest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    Destroy,
    Replace,
    /// Terraform no longer looks after it; it stays.
    Forget,
    Change,
    Add,
    Import,
}

/// A plan, as far as people want to be told of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Planned {
    /// By gravity, then by address.
    pub changes: Vec<Change>,
    /// What was changed behind Terraform's back.
    pub drifted: Vec<Change>,
    /// Names of the outputs that change.
    pub outputs: Vec<String>,
    /// The plan ended in an error: it is not all that would have happened.
    pub is_incomplete: bool,
}

#[derive(Deserialize)]
struct Document {
    format_version: String,
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
    #[serde(default)]
    resource_drift: Vec<ResourceChange>,
    #[serde(default)]
    output_changes: BTreeMap<String, Changing>,
    #[serde(default)]
    errored: bool,
}

#[derive(Deserialize)]
struct ResourceChange {
    address: String,
    change: Changing,
}

#[derive(Deserialize)]
struct Changing {
    actions: Vec<String>,
    #[serde(default)]
    before: Value,
    #[serde(default)]
    after: Value,
    #[serde(default)]
    after_unknown: Value,
    #[serde(default)]
    replace_paths: Vec<Vec<Value>>,
    #[serde(default)]
    importing: Option<Value>,
}

/// Reads a plan's JSON; the error says what it is instead.
pub fn read(text: &str) -> Result<Planned, String> {
    let document: Document =
        serde_json::from_str(text).map_err(|error| format!("it is no plan in JSON: {error}"))?;
    let major = document.format_version.split('.').next();
    if major != Some("1") {
        return Err(format!(
            "its format_version is {:?}, and 1.x is understood",
            document.format_version
        ));
    }
    let is_no_output = |change: &Changing| change.actions.iter().all(|action| action == "no-op");
    Ok(Planned {
        changes: sorted(document.resource_changes),
        drifted: sorted(document.resource_drift),
        outputs: document
            .output_changes
            .into_iter()
            .filter(|(_, change)| !is_no_output(change))
            .map(|(name, _)| name)
            .collect(),
        is_incomplete: document.errored,
    })
}

fn sorted(changes: Vec<ResourceChange>) -> Vec<Change> {
    let mut told: Vec<Change> = changes.into_iter().filter_map(change).collect();
    told.sort_by(|a, b| (a.kind, &a.address).cmp(&(b.kind, &b.address)));
    told
}

fn change(resource: ResourceChange) -> Option<Change> {
    let change = resource.change;
    let actions: Vec<&str> = change.actions.iter().map(String::as_str).collect();
    let kind = match actions.as_slice() {
        ["create"] => Kind::Add,
        ["update"] => Kind::Change,
        ["delete"] => Kind::Destroy,
        ["delete", "create"] | ["create", "delete"] => Kind::Replace,
        ["forget"] => Kind::Forget,
        // A data source that is read later, or nothing at all: unless it is taken in.
        _ if change.importing.is_some() => Kind::Import,
        _ => return None,
    };
    let attributes = match kind {
        Kind::Change => changed(&change),
        Kind::Replace => forcing(&change),
        _ => Vec::new(),
    };
    Some(Change {
        address: resource.address,
        kind,
        attributes,
    })
}

/// The attributes whose value differs, or is not known yet.
fn changed(change: &Changing) -> Vec<String> {
    let empty = serde_json::Map::new();
    let before = change.before.as_object().unwrap_or(&empty);
    let after = change.after.as_object().unwrap_or(&empty);
    let mut names: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|name| before.get(*name) != after.get(*name))
        .filter(|name| {
            // Left out of `after` because it is not known yet; else it is really gone.
            after.contains_key(*name) || is_unknown(&change.after_unknown, name)
        })
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

fn is_unknown(unknown: &Value, name: &str) -> bool {
    !matches!(unknown.get(name), None | Some(Value::Bool(false)))
}

/// `network_configuration.subnets` of a replaced resource.
fn forcing(change: &Changing) -> Vec<String> {
    let part = |part: &Value| match part {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    };
    let path = |path: &Vec<Value>| path.iter().map(part).collect::<Vec<_>>().join(".");
    change.replace_paths.iter().map(path).collect()
}

impl Planned {
    /// How many there are of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.changes
            .iter()
            .filter(|change| change.kind == kind)
            .count()
    }

    /// Whether applying it would do anything.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.outputs.is_empty()
    }

    /// `3 to add, 1 to change, 2 to destroy`, the gravest first; replacing is both.
    pub fn counts(&self) -> String {
        let words = [
            (Kind::Destroy, "to destroy"),
            (Kind::Replace, "to replace"),
            (Kind::Forget, "to forget"),
            (Kind::Change, "to change"),
            (Kind::Add, "to add"),
            (Kind::Import, "to import"),
        ];
        let told: Vec<String> = words
            .into_iter()
            .map(|(kind, word)| (self.count(kind), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match (told.is_empty(), self.outputs.len()) {
            (false, _) => told.join(", "),
            (true, 0) => "no changes".to_owned(),
            (true, 1) => "1 output changes".to_owned(),
            (true, outputs) => format!("{outputs} outputs change"),
        }
    }
}
