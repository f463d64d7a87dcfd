//! Resolves the names in requests, and splits lists into pages.

use serde_json::{Value, json};

use super::state::Cluster;
use super::validate;
use crate::wire::ApiError;
use crate::world::World;

/// A string member that is present and not empty.
pub(crate) fn text<'v>(body: &'v Value, name: &str) -> Option<&'v str> {
    body[name].as_str().filter(|text| !text.is_empty())
}

/// The strings of a list member.
pub(crate) fn strings<'v>(body: &'v Value, name: &str) -> Vec<&'v str> {
    body[name]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The last part of an ARN, or the name itself.
pub(crate) fn short(name: &str) -> &str {
    if name.starts_with("arn:") {
        name.rsplit('/').next().unwrap_or(name)
    } else {
        name
    }
}

/// The cluster that the body names, by name or ARN; `default` if it names none.
pub(crate) fn cluster_of(world: &World, body: &Value) -> Result<Cluster, ApiError> {
    let name = text(body, "cluster").unwrap_or("default");
    let cluster = world
        .ecs
        .clusters
        .iter()
        .find(|cluster| cluster.name == short(name));
    match cluster {
        Some(cluster) if cluster.status == "INACTIVE" => Err(ApiError::new(
            "ClusterNotFoundException",
            "The referenced cluster was inactive.",
        )),
        Some(cluster) => Ok(cluster.clone()),
        None => Err(ApiError::new(
            "ClusterNotFoundException",
            "Cluster not found.",
        )),
    }
}

/// The ARN of a service of this cluster, by name or ARN.
pub(crate) fn service_of(world: &World, cluster: &Cluster, name: &str) -> Result<String, ApiError> {
    let arn = world.arn("ecs", &format!("service/{}/{}", cluster.name, short(name)));
    match world.ecs.service(&arn) {
        Some(_) if !name.is_empty() => Ok(arn),
        _ => Err(validate::service_not_found()),
    }
}

/// One page: `maxResults` (at most `limit`), `nextToken`.
pub(crate) fn page(
    body: &Value,
    items: Vec<Value>,
    member: &str,
    default: usize,
    limit: usize,
) -> Result<Value, ApiError> {
    let size = match &body["maxResults"] {
        Value::Null => default,
        size => match size.as_u64() {
            Some(size) if (1..=limit as u64).contains(&size) => size as usize,
            _ => {
                return Err(validate::parameter(&format!(
                    "maxResults must be between 1 and {limit}"
                )));
            }
        },
    };
    let start = match text(body, "nextToken") {
        None => 0,
        Some(token) => token
            .strip_prefix("page-")
            .and_then(|start| start.parse::<usize>().ok())
            .filter(|start| *start < items.len())
            .ok_or_else(|| validate::parameter("Invalid token value!"))?,
    };
    let end = (start + size).min(items.len());
    let mut answer = json!({member: items[start..end]});
    if end < items.len() {
        answer["nextToken"] = json!(format!("page-{end}"));
    }
    Ok(answer)
}
