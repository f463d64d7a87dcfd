//! The names of the cluster and the service. The flag and the definition must agree; the outputs
//! are the last resort.

use ecs_model::short_name;
use serde_json::{Map, Value};

use super::error::DeclareError;

pub(super) fn cluster(
    given: Option<String>,
    defined: Option<Value>,
    outputs: &Map<String, Value>,
) -> Result<String, DeclareError> {
    name(
        given,
        text("cluster", defined)?,
        outputs,
        "cluster",
        "ecs_cluster_name",
    )
}

pub(super) fn service(
    given: Option<String>,
    defined: Option<Value>,
    outputs: &Map<String, Value>,
) -> Result<String, DeclareError> {
    name(
        given,
        text("serviceName", defined)?,
        outputs,
        "service",
        "ecs_service_name",
    )
}

fn name(
    given: Option<String>,
    defined: Option<String>,
    outputs: &Map<String, Value>,
    what: &'static str,
    output: &'static str,
) -> Result<String, DeclareError> {
    if let (Some(given), Some(defined)) = (&given, &defined)
        && short_name(given) != short_name(defined)
    {
        return Err(DeclareError::ConflictingNames {
            flag: what,
            given: given.clone(),
            defined: defined.clone(),
        });
    }
    let by_output = || Some(outputs.get(output)?.as_str()?.to_owned());
    let name = given.or(defined).or_else(by_output);
    name.filter(|n| !n.is_empty()).ok_or(DeclareError::NoName {
        what,
        flag: what,
        output,
    })
}

pub(super) fn text(
    member: &'static str,
    value: Option<Value>,
) -> Result<Option<String>, DeclareError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(DeclareError::Type {
            member,
            is: kind(&other),
            wanted: "a string",
        }),
    }
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
