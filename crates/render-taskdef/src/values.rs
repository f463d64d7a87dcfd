//! Values from outside for placeholders and flags: outputs, the environment, files, secrets.

use std::path::Path;

use ecs_document::edits::Edit;
use ecs_document::placeholders::PlaceholderValues;
use ecs_document::{Document, Syntax};
use pipeline_aws::{AwsError, AwsErrorKind};
use pipeline_io::read_text;
use serde_json::{Map, Value};

use crate::flags::{RequestedEdit, SecretFrom};
use crate::request::RenderRequest;
use crate::source::Aws;
use crate::{Error, dotenv};

/// The maximum length of a file with outputs or variables, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The values of placeholders.
///
/// # Errors
/// If the outputs cannot be read.
pub fn values(request: &RenderRequest) -> Result<PlaceholderValues, Error> {
    Ok(PlaceholderValues {
        tf: request.outputs.as_deref().map(outputs).transpose()?,
        env: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        image: request.images.iter().cloned().collect(),
    })
}

fn outputs(path: &Path) -> Result<Map<String, Value>, Error> {
    let text = read_text("outputs", path, MAX_BYTES)?;
    let document = Document::parse(&text, path.display().to_string(), Syntax::Json)
        .map_err(|source| Error::Outputs { source })?;
    match document.into_value() {
        Value::Object(outputs) if is_terraform_output(&outputs) => Ok(outputs
            .into_iter()
            .map(|(name, mut output)| (name, output["value"].take()))
            .collect()),
        Value::Object(outputs) => Ok(outputs),
        _ => Ok(Map::new()),
    }
}

/// Whether it is the output of `terraform output -json`, which contains the type of each output.
fn is_terraform_output(outputs: &Map<String, Value>) -> bool {
    let is_one = |output: &Value| {
        output.as_object().is_some_and(|members| {
            ["value", "type", "sensitive"]
                .iter()
                .all(|m| members.contains_key(*m))
                && members.len() == 3
        })
    };
    !outputs.is_empty() && outputs.values().all(is_one)
}

/// The edits in the order in which they are applied.
///
/// # Errors
/// If a value, a file or a secret is missing.
pub async fn edits(request: &RenderRequest, aws: &Aws<'_>) -> Result<Vec<Edit>, Error> {
    let mut edits = Vec::new();
    let mut only = Vec::new();
    for wanted in &request.wanted {
        match wanted {
            RequestedEdit::Edit(edit) => edits.push(edit.clone()),
            RequestedEdit::EnvFromHere { scope, name } => {
                let value = std::env::var(name)
                    .map_err(|_| Error::NoSuchVariable { name: name.clone() })?;
                edits.push(Edit::Env {
                    scope: scope.clone(),
                    name: name.clone(),
                    value,
                });
            }
            RequestedEdit::EnvFile { scope, path } => {
                let text = read_text("env file", path, MAX_BYTES)?;
                let variables = dotenv::parse(&text, &path.display().to_string())
                    .map_err(|line| Error::Dotenv { line })?;
                edits.extend(variables.into_iter().map(|(name, value)| Edit::Env {
                    scope: scope.clone(),
                    name,
                    value,
                }));
            }
            RequestedEdit::Secret { scope, name, from } => edits.push(Edit::Secret {
                scope: scope.clone(),
                name: name.clone(),
                value_from: secret(from, aws).await?,
            }),
            RequestedEdit::OnlyEnv { scope } => only.push(scope.clone()),
        }
    }
    if !only.is_empty() {
        let given = edits.iter().filter_map(|edit| match edit {
            Edit::Env { name, .. } => Some(name.clone()),
            _ => None,
        });
        let keep: Vec<String> = given.collect();
        let removals = only.into_iter().map(|scope| Edit::OnlyEnv {
            scope,
            keep: keep.clone(),
        });
        edits.splice(0..0, removals);
    }
    Ok(edits)
}

/// ECS accepts a secret of Secrets Manager only by its complete ARN, which ends in random characters.
async fn secret(from: &SecretFrom, aws: &Aws<'_>) -> Result<String, Error> {
    let (name, suffix) = match from {
        SecretFrom::Literal(text) => return Ok(text.clone()),
        SecretFrom::ByName { name, suffix } => (name, suffix),
    };
    let session = aws.session().await?;
    let described = aws_sdk_secretsmanager::Client::new(session.config())
        .describe_secret()
        .secret_id(name)
        .send()
        .await
        .map_err(|error| {
            let source = AwsError::new("secretsmanager", "DescribeSecret", error);
            if source.kind == AwsErrorKind::NotFound {
                Error::NoSecret {
                    name: name.clone(),
                    region: session.region().to_owned(),
                    source: Box::new(source),
                }
            } else {
                source.into()
            }
        })?;
    let arn = described.arn().ok_or(Error::Answer {
        operation: "DescribeSecret",
        what: "ARN",
    })?;
    Ok(format!("{arn}{suffix}"))
}
