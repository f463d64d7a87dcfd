//! Which outputs are given, and under which names: `--map`, `--only`, `--require`, sensitivity.

use serde_json::Value;
use tf_state::Outputs;

/// The version of Infra's outputs that these programs know (its output `schema_version`).
pub const KNOWN_SCHEMA: u64 = 1;

/// What the user asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Only these, by their name in the state or their new one; empty is all.
    pub only: Vec<String>,
    /// These must be there, and not null.
    pub require: Vec<String>,
    pub renames: Vec<Rename>,
    pub include_sensitive: bool,
}

/// `--map NEW=OLD`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rename {
    pub new: String,
    pub old: String,
}

/// An output as it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// The name it is given under.
    pub name: String,
    pub value: Value,
    pub sensitive: bool,
}

/// The outputs that are given, and the names of those left out since they are sensitive.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    pub outputs: Vec<Chosen>,
    pub omitted_sensitive: Vec<String>,
}

/// Why the outputs are not what was asked for. No variant holds a value.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SelectError {
    #[error("{} not there: {}", plural(.missing), quoted(.missing))]
    Missing {
        missing: Vec<String>,
        /// What there is instead, the nearest names first.
        there: Vec<String>,
    },
    #[error("output `{name}` is there, but null")]
    Null { name: String },
    #[error("output `{name}` is sensitive, and sensitive outputs are left out")]
    Sensitive { name: String },
    #[error("two outputs would be given under the name `{name}`")]
    Twice { name: String },
    #[error("the outputs are of schema {found}, and this program knows schema {KNOWN_SCHEMA}")]
    Schema { found: String },
}

impl SelectError {
    /// What to do about it, and what there is instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            SelectError::Missing { there, .. } if there.is_empty() => {
                "the state has no outputs at all: is it the right one, and was the configuration applied?".to_owned()
            }
            SelectError::Missing { there, .. } => format!("there are {}", shortened(there)),
            SelectError::Null { name } => {
                format!("give `{name}` a value in the configuration and apply it, or do not require it")
            }
            SelectError::Sensitive { .. } => {
                "add --include-sensitive, if what is written stays secret".to_owned()
            }
            SelectError::Twice { name } => {
                format!("choose another new name than `{name}`, or leave the other output out with --only")
            }
            SelectError::Schema { .. } => {
                "use the release of fargate-pipeline that belongs to your Infra, or update Infra".to_owned()
            }
        }
    }
}

/// Applies the selection.
pub fn select(mut outputs: Outputs, selection: &Selection) -> Result<Selected, SelectError> {
    check_schema(&outputs)?;
    let asked = |name: &String| {
        let rename = selection.renames.iter().find(|rename| rename.new == *name);
        rename.map_or_else(|| name.clone(), |rename| rename.old.clone())
    };
    let required: Vec<String> = selection.require.iter().map(asked).collect();
    let only: Vec<String> = selection.only.iter().map(asked).collect();
    let old_names = selection.renames.iter().map(|rename| rename.old.clone());
    let named: Vec<String> = required
        .iter()
        .chain(&only)
        .cloned()
        .chain(old_names)
        .collect();
    refuse_missing(&named, &outputs)?;

    if let Some(name) = required.iter().find(|name| outputs[*name].value.is_null()) {
        return Err(SelectError::Null { name: name.clone() });
    }
    if !selection.include_sensitive
        && let Some(name) = named.iter().find(|name| outputs[*name].sensitive)
    {
        return Err(SelectError::Sensitive { name: name.clone() });
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
            selected.outputs.push(Chosen {
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
        Some(pair) => Err(SelectError::Twice {
            name: pair[0].name.clone(),
        }),
        None => Ok(selected),
    }
}

/// Our Infra says which version of its outputs it writes. Other configurations may have an output
/// of the same name; only beside `ecs_cluster_name` is it taken for Infra's.
fn check_schema(outputs: &Outputs) -> Result<(), SelectError> {
    let (Some(version), true) = (
        outputs.get("schema_version"),
        outputs.contains_key("ecs_cluster_name"),
    ) else {
        return Ok(());
    };
    // Only a number counts: its digits may be shown, somebody's text may not.
    let found = match &version.value {
        Value::Number(number) if !version.sensitive => number.to_string(),
        Value::String(text) if !version.sensitive && text.parse::<u64>().is_ok() => text.clone(),
        _ => return Ok(()),
    };
    if found == KNOWN_SCHEMA.to_string() {
        Ok(())
    } else {
        Err(SelectError::Schema { found })
    }
}

fn refuse_missing(named: &[String], outputs: &Outputs) -> Result<(), SelectError> {
    let mut missing: Vec<String> = Vec::new();
    for name in named {
        if !outputs.contains_key(name) && !missing.contains(name) {
            missing.push(name.clone());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut there: Vec<String> = outputs.keys().cloned().collect();
    // Stable, so that equally distant names stay in their order.
    there.sort_by_key(|name| {
        missing
            .iter()
            .map(|missing| strsim::damerau_levenshtein(missing, name))
            .min()
    });
    Err(SelectError::Missing { missing, there })
}

fn plural(names: &[String]) -> &'static str {
    if names.len() == 1 {
        "an output is"
    } else {
        "outputs are"
    }
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 40;
    let more = names.len().saturating_sub(SHOWN);
    let shown = quoted(&names[..names.len() - more]);
    if more > 0 {
        format!("{shown} and {more} more")
    } else {
        shown
    }
}
