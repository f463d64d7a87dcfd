//! Renders the outputs as text, with one module per format. A value that a reader of the format would
//! not get back unchanged is rejected by name, never adapted.
//!
//! Decided here: how a value becomes text. Never here: which outputs are written, or where.

mod dotenv;
mod error;
mod github;
mod names;
mod properties;
mod shell;

use serde_json::{Map, Value};

pub use dotenv::{GITLAB_BYTES, GITLAB_VARIABLES};
pub use error::RenderError;
use error::refuse;
pub use github::check_size;
pub use names::{NameError, variable_name};

use crate::select::SelectedOutput;

/// The format of the outputs.
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

/// How a list is written on one line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum ListFormat {
    /// ["a","b"]
    #[default]
    Json,
    /// a,b
    Comma,
}

/// The options for rendering.
#[derive(Clone, Debug)]
pub struct RenderOptions {
    pub format: Format,
    pub list_format: ListFormat,
    /// The name of a single variable that contains all outputs as JSON.
    pub json_variable: Option<String>,
    /// Maximum number of variables in a GitLab dotenv report.
    pub dotenv_limit: usize,
}

impl Default for RenderOptions {
    fn default() -> Self {
        RenderOptions {
            format: Format::Json,
            list_format: ListFormat::Json,
            json_variable: None,
            dotenv_limit: GITLAB_VARIABLES,
        }
    }
}

/// Renders the outputs. Each line ends with a line break.
///
/// # Errors
/// An output cannot be represented in this format.
pub fn render(outputs: &[SelectedOutput], options: &RenderOptions) -> Result<String, RenderError> {
    match options.format {
        Format::Json => Ok(json(outputs)),
        Format::Dotenv => dotenv::render(
            &lines(outputs, options, dotenv::compact)?,
            options.dotenv_limit,
        ),
        Format::Shell => shell::render(&lines(outputs, options, Value::to_string)?),
        Format::Properties => properties::render(&lines(outputs, options, Value::to_string)?),
    }
}

/// Returns the name and the text of each output, for the outputs of a CI step, which may have any name
/// and any text.
///
/// # Errors
/// A list cannot be joined by commas.
pub fn ci_outputs(
    outputs: &[SelectedOutput],
    options: &RenderOptions,
) -> Result<Vec<(String, String)>, RenderError> {
    lines(outputs, options, Value::to_string)
}

/// Returns the outputs as environment variables: name and text.
///
/// # Errors
/// A name is not valid for a variable, or a value contains a NUL character.
pub fn environment(
    outputs: &[SelectedOutput],
    options: &RenderOptions,
) -> Result<Vec<(String, String)>, RenderError> {
    let mut variables = Vec::new();
    for (name, text) in lines(outputs, options, Value::to_string)? {
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
    Ok(names::to_variables(variables)?)
}

fn json(outputs: &[SelectedOutput]) -> String {
    // A map of JSON values with string keys can always be serialized.
    let text = serde_json::to_string_pretty(&object(outputs)).unwrap_or_default();
    text + "\n"
}

fn object(outputs: &[SelectedOutput]) -> Map<String, Value> {
    let pair = |output: &SelectedOutput| (output.name.clone(), output.value.clone());
    outputs.iter().map(pair).collect()
}

/// Returns the name and the text of each output. `null` has no text, so it is omitted.
fn lines(
    outputs: &[SelectedOutput],
    options: &RenderOptions,
    compact: impl Fn(&Value) -> String,
) -> Result<Vec<(String, String)>, RenderError> {
    if let Some(name) = &options.json_variable {
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
                Value::Array(items) if options.list_format == ListFormat::Comma => {
                    joined(&output.name, items)?
                }
                other => compact(other),
            };
            Ok((output.name.clone(), text))
        })
        .collect()
}

fn joined(name: &str, items: &[Value]) -> Result<String, RenderError> {
    let problem = |problem| RenderError::Comma {
        name: name.to_owned(),
        problem,
    };
    let texts: Result<Vec<String>, RenderError> = items
        .iter()
        .map(|item| match item {
            Value::String(text) if text.is_empty() => Err(problem("an item is empty")),
            Value::String(text) if text.contains(',') => Err(problem("an item contains a comma")),
            Value::String(text) => Ok(text.clone()),
            Value::Number(_) | Value::Bool(_) => Ok(item.to_string()),
            _ => Err(problem("an item is itself a list, an object or null")),
        })
        .collect();
    Ok(texts?.join(","))
}
