//! Reads what a Terraform plan would do from the output of `terraform show -json`.
//!
//! Only addresses and the names of attributes are kept, never values: a plan contains every value as
//! plain text, and not all secrets are marked as sensitive.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What happens to one resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedChange {
    pub address: String,
    pub kind: ChangeKind,
    /// Names of the attributes that change. For a replaced resource, the attributes that force it.
    pub attributes: Vec<String>,
}

/// What happens to a resource, the most severe first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ChangeKind {
    Destroy,
    Replace,
    /// Terraform no longer manages the resource, but does not destroy it.
    Forget,
    Change,
    Add,
    Import,
}

/// The parts of a plan that are reported.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PlanSummary {
    /// Sorted by severity, then by address.
    pub changes: Vec<PlannedChange>,
    /// What was changed outside of Terraform.
    pub drifted: Vec<PlannedChange>,
    /// Names of the outputs that change.
    pub outputs: Vec<String>,
    /// Planning failed, so the plan is incomplete.
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

/// Reads the JSON of a plan.
///
/// # Errors
/// The text is not a plan, or has an unsupported version. The error is a message for people.
pub fn read(text: &str) -> Result<PlanSummary, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("it is not a plan in JSON (line {line}, column {column})")
    })?;
    let major = document.format_version.split('.').next();
    if major != Some("1") {
        return Err(format!(
            "format_version {:?} is not supported, only 1.x",
            document.format_version
        ));
    }
    let is_unchanged = |change: &Changing| change.actions.iter().all(|action| action == "no-op");
    Ok(PlanSummary {
        changes: sorted(document.resource_changes),
        drifted: sorted(document.resource_drift),
        outputs: document
            .output_changes
            .into_iter()
            .filter(|(_, change)| !is_unchanged(change))
            .map(|(name, _)| name)
            .collect(),
        is_incomplete: document.errored,
    })
}

fn sorted(changes: Vec<ResourceChange>) -> Vec<PlannedChange> {
    let mut described: Vec<PlannedChange> = changes.into_iter().filter_map(change).collect();
    described.sort_by(|a, b| (a.kind, &a.address).cmp(&(b.kind, &b.address)));
    described
}

fn change(resource: ResourceChange) -> Option<PlannedChange> {
    let change = resource.change;
    let actions: Vec<&str> = change.actions.iter().map(String::as_str).collect();
    let kind = match actions.as_slice() {
        ["create"] => ChangeKind::Add,
        ["update"] => ChangeKind::Change,
        ["delete"] => ChangeKind::Destroy,
        ["delete", "create"] | ["create", "delete"] => ChangeKind::Replace,
        ["forget"] => ChangeKind::Forget,
        // A data source that is read later, or no change. The resource may still be imported.
        _ if change.importing.is_some() => ChangeKind::Import,
        _ => return None,
    };
    let attributes = match kind {
        ChangeKind::Change => changed_attributes(&change),
        ChangeKind::Replace => forcing_attributes(&change),
        _ => Vec::new(),
    };
    Some(PlannedChange {
        address: resource.address,
        kind,
        attributes,
    })
}

/// The attributes whose values change, or are not known yet.
fn changed_attributes(change: &Changing) -> Vec<String> {
    let empty = serde_json::Map::new();
    let before = change.before.as_object().unwrap_or(&empty);
    let after = change.after.as_object().unwrap_or(&empty);
    let mut names: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|name| before.get(*name) != after.get(*name))
        .filter(|name| {
            // If it is missing in `after`, it is either not known yet or removed.
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

/// The attributes that force a replacement, e.g. `network_configuration.subnets`.
fn forcing_attributes(change: &Changing) -> Vec<String> {
    let part = |part: &Value| match part {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    };
    let path = |path: &Vec<Value>| path.iter().map(part).collect::<Vec<_>>().join(".");
    change.replace_paths.iter().map(path).collect()
}

impl PlanSummary {
    /// The number of changes of a kind.
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes
            .iter()
            .filter(|change| change.kind == kind)
            .count()
    }

    /// Whether applying the plan would change nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.outputs.is_empty()
    }

    /// E.g. `2 to destroy, 1 to change, 3 to add`, the most severe first.
    pub fn counts(&self) -> String {
        let words = [
            (ChangeKind::Destroy, "to destroy"),
            (ChangeKind::Replace, "to replace"),
            (ChangeKind::Forget, "to forget"),
            (ChangeKind::Change, "to change"),
            (ChangeKind::Add, "to add"),
            (ChangeKind::Import, "to import"),
        ];
        let described: Vec<String> = words
            .into_iter()
            .map(|(kind, word)| (self.count(kind), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match (described.is_empty(), self.outputs.len()) {
            (false, _) => described.join(", "),
            (true, 0) => "no changes".to_owned(),
            (true, 1) => "1 output changes".to_owned(),
            (true, outputs) => format!("{outputs} outputs change"),
        }
    }
}
