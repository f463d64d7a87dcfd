//! Selects and renames outputs: `--map`, `--only`, `--require`, `--include-sensitive`.

use serde_json::Value;
use tf_state::Outputs;

/// The supported version of the outputs of Infra (its output `schema_version`).
pub const KNOWN_SCHEMA: u64 = 1;

/// Which outputs the user wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Only these, by their name in the state or their new name. Empty means all.
    pub only: Vec<String>,
    /// These must exist and must not be null.
    pub require: Vec<String>,
    pub renames: Vec<OutputRename>,
    pub include_sensitive: bool,
}

/// `--map NEW=OLD`.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputRename {
    pub new: String,
    pub old: String,
}

/// An output that will be written.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectedOutput {
    /// The name after `--map`.
    pub name: String,
    pub value: Value,
    pub sensitive: bool,
}

/// The outputs that will be written, and the names of those that were omitted because they are
/// sensitive.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    pub outputs: Vec<SelectedOutput>,
    pub omitted_sensitive: Vec<String>,
}

/// Why the outputs cannot be selected as requested. No variant contains a value.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SelectionError {
    #[error("{} not found: {}", outputs(.missing), quoted(.missing))]
    Missing {
        missing: Vec<String>,
        /// The names of all outputs, the most similar ones first.
        available: Vec<String>,
    },
    #[error("output `{name}` is null")]
    Null { name: String },
    #[error("output `{name}` is sensitive, and sensitive outputs are omitted")]
    Sensitive { name: String },
    #[error("two outputs would have the name `{name}`")]
    Twice { name: String },
    #[error(
        "the outputs have schema version {found}, but this program supports version {KNOWN_SCHEMA}"
    )]
    Schema { found: String },
}

impl SelectionError {
    /// What the user can do, e.g. which outputs exist.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            SelectionError::Missing { available, .. } if available.is_empty() => {
                "the state has no outputs: check that it is the right one, and run `terraform apply`".to_owned()
            }
            SelectionError::Missing { available, .. } => format!("available: {}", shortened_list(available)),
            SelectionError::Null { name } => {
                format!("set a value for `{name}` in the configuration and run `terraform apply`, or do not require it")
            }
            SelectionError::Sensitive { .. } => {
                "add --include-sensitive if the written outputs stay secret".to_owned()
            }
            SelectionError::Twice { name } => {
                format!("use another name than `{name}` in --map, or omit the other output with --only")
            }
            SelectionError::Schema { .. } => {
                "use the release of fargate-pipeline that matches your Infra, or update Infra".to_owned()
            }
        }
    }
}

/// Applies the selection.
///
/// # Errors
/// An output is missing, null, sensitive or named twice, or the schema version is not supported.
pub fn select(mut outputs: Outputs, selection: &Selection) -> Result<Selected, SelectionError> {
    check_schema(&outputs)?;
    let original_name = |name: &String| {
        let rename = selection.renames.iter().find(|rename| rename.new == *name);
        rename.map_or_else(|| name.clone(), |rename| rename.old.clone())
    };
    let required: Vec<String> = selection.require.iter().map(original_name).collect();
    let only: Vec<String> = selection.only.iter().map(original_name).collect();
    let old_names = selection.renames.iter().map(|rename| rename.old.clone());
    let named: Vec<String> = required
        .iter()
        .chain(&only)
        .cloned()
        .chain(old_names)
        .collect();
    check_missing(&named, &outputs)?;

    if let Some(name) = required.iter().find(|name| outputs[*name].value.is_null()) {
        return Err(SelectionError::Null { name: name.clone() });
    }
    if !selection.include_sensitive
        && let Some(name) = named.iter().find(|name| outputs[*name].sensitive)
    {
        return Err(SelectionError::Sensitive { name: name.clone() });
    }
    if !only.is_empty() {
        outputs.retain(|name, _| only.contains(name));
    }
    let mut selected = Selected {
        outputs: Vec::new(),
        omitted_sensitive: Vec::new(),
    };
    for (old, output) in outputs {
        if output.sensitive && !selection.include_sensitive {
            selected.omitted_sensitive.push(old);
            continue;
        }
        let mut names: Vec<String> = selection
            .renames
            .iter()
            .filter(|rename| rename.old == old)
            .map(|rename| rename.new.clone())
            .collect();
        if names.is_empty() {
            names.push(old);
        }
        for name in names {
            selected.outputs.push(SelectedOutput {
                name,
                value: output.value.clone(),
                sensitive: output.sensitive,
            });
        }
    }
    selected.outputs.sort_by(|a, b| a.name.cmp(&b.name));
    let twice = selected
        .outputs
        .windows(2)
        .find(|pair| pair[0].name == pair[1].name);
    match twice {
        Some(pair) => Err(SelectionError::Twice {
            name: pair[0].name.clone(),
        }),
        None => Ok(selected),
    }
}

/// Checks the schema version of the outputs of Infra. Other configurations may have an output with the
/// same name, so it counts only together with `ecs_cluster_name`.
fn check_schema(outputs: &Outputs) -> Result<(), SelectionError> {
    let (Some(version), true) = (
        outputs.get("schema_version"),
        outputs.contains_key("ecs_cluster_name"),
    ) else {
        return Ok(());
    };
    // Only a number counts, because digits may be shown but an unknown text may not.
    let found = match &version.value {
        Value::Number(number) if !version.sensitive => number.to_string(),
        Value::String(text) if !version.sensitive && text.parse::<u64>().is_ok() => text.clone(),
        _ => return Ok(()),
    };
    if found == KNOWN_SCHEMA.to_string() {
        Ok(())
    } else {
        Err(SelectionError::Schema { found })
    }
}

fn check_missing(named: &[String], outputs: &Outputs) -> Result<(), SelectionError> {
    let mut missing: Vec<String> = Vec::new();
    for name in named {
        if !outputs.contains_key(name) && !missing.contains(name) {
            missing.push(name.clone());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut available: Vec<String> = outputs.keys().cloned().collect();
    // The sort is stable, so equally similar names stay in alphabetical order.
    available.sort_by_key(|name| {
        missing
            .iter()
            .map(|missing| strsim::damerau_levenshtein(missing, name))
            .min()
    });
    Err(SelectionError::Missing { missing, available })
}

fn outputs(names: &[String]) -> &'static str {
    if names.len() == 1 {
        "output"
    } else {
        "outputs"
    }
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn shortened_list(names: &[String]) -> String {
    const SHOWN: usize = 40;
    let more = names.len().saturating_sub(SHOWN);
    let shown = quoted(&names[..names.len() - more]);
    if more > 0 {
        format!("{shown} and {more} more")
    } else {
        shown
    }
}
