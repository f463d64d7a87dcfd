//! The outputs as text: one module for each reader that there is. A value that a reader would not
//! give back as it was is refused here, by name, and never bent until it fits.
//!
//! Decided here: how a value becomes a line of text. Never here: which outputs, or where they go.

mod dotenv;
mod error;
mod github;
mod names;
mod properties;
mod shell;

use serde_json::{Map, Value};

pub use dotenv::{GITLAB_BYTES, GITLAB_VARIABLES};
pub use error::WriteError;
use error::refuse;
pub use github::check_size;
pub use names::{NameError, variable_name};

use crate::select::Chosen;

/// The text that is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    /// One flat JSON object, for --outputs of render-taskdef and ecs-deploy
    #[default]
    #[value(alias = "text")]
    Json,
    /// GitLab dotenv report: NAME=value without quotes
    Dotenv,
    /// POSIX shell: NAME='value', for `source` or `eval`
    Shell,
    /// Java properties, for readProperties or EnvInject in Jenkins
    Properties,
}

/// How a list becomes one line of text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Lists {
    /// ["a","b"]
    #[default]
    Json,
    /// a,b
    Comma,
}

/// What a writer needs to know beside the outputs.
#[derive(Clone, Debug)]
pub struct Style {
    pub format: Format,
    pub list_format: Lists,
    /// Everything as one JSON variable of this name.
    pub json_variable: Option<String>,
    /// How many variables GitLab takes.
    pub dotenv_limit: usize,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            format: Format::Json,
            list_format: Lists::Json,
            json_variable: None,
            dotenv_limit: GITLAB_VARIABLES,
        }
    }
}

/// The outputs in the chosen format, each line ended.
pub fn render(outputs: &[Chosen], style: &Style) -> Result<String, WriteError> {
    match style.format {
        Format::Json => Ok(json(outputs)),
        Format::Dotenv => {
            dotenv::render(&lines(outputs, style, dotenv::compact)?, style.dotenv_limit)
        }
        Format::Shell => shell::render(&lines(outputs, style, Value::to_string)?),
        Format::Properties => properties::render(&lines(outputs, style, Value::to_string)?),
    }
}

/// Name and text of each output, as a CI system's outputs take them: any name, any text.
pub fn ci_outputs(outputs: &[Chosen], style: &Style) -> Result<Vec<(String, String)>, WriteError> {
    lines(outputs, style, Value::to_string)
}

/// Name and text of each output as environment variables.
pub fn environment(outputs: &[Chosen], style: &Style) -> Result<Vec<(String, String)>, WriteError> {
    let mut variables = Vec::new();
    for (name, text) in lines(outputs, style, Value::to_string)? {
        let no_nul = refuse(
            &name,
            &text,
            &['\0'],
            "a NUL character",
            "an environment variable",
        );
        no_nul?;
        variables.push((name, text));
    }
    Ok(names::all_variables(variables)?)
}

fn json(outputs: &[Chosen]) -> String {
    // A map of JSON values with string keys has no way to fail.
    let text = serde_json::to_string_pretty(&object(outputs)).unwrap_or_default();
    text + "\n"
}

fn object(outputs: &[Chosen]) -> Map<String, Value> {
    let pair = |output: &Chosen| (output.name.clone(), output.value.clone());
    outputs.iter().map(pair).collect()
}

/// Each output as one name and one text; `null` has no text, so it is left out.
fn lines(
    outputs: &[Chosen],
    style: &Style,
    compact: impl Fn(&Value) -> String,
) -> Result<Vec<(String, String)>, WriteError> {
    if let Some(name) = &style.json_variable {
        return Ok(vec![(
            name.clone(),
            compact(&Value::Object(object(outputs))),
        )]);
    }
    let with_text = outputs.iter().filter(|output| !output.value.is_null());
    with_text
        .map(|output| {
            let text = match &output.value {
                Value::String(text) => text.clone(),
                Value::Array(items) if style.list_format == Lists::Comma => {
                    joined(&output.name, items)?
                }
                other => compact(other),
            };
            Ok((output.name.clone(), text))
        })
        .collect()
}

fn joined(name: &str, items: &[Value]) -> Result<String, WriteError> {
    let problem = |problem| WriteError::Comma {
        name: name.to_owned(),
        problem,
    };
    let texts: Result<Vec<String>, WriteError> = items
        .iter()
        .map(|item| match item {
            Value::String(text) if text.is_empty() => Err(problem("an item is empty")),
            Value::String(text) if text.contains(',') => Err(problem("an item holds a comma")),
            Value::String(text) => Ok(text.clone()),
            Value::Number(_) | Value::Bool(_) => Ok(item.to_string()),
            _ => Err(problem("an item is itself a list, an object or null")),
        })
        .collect();
    Ok(texts?.join(","))
}
