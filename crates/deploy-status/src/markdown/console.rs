//! Links to the AWS console.
//!
//! Decided here: which partitions have a known console. The names come from results, so only names that
//! AWS allows become part of a link.

use ecs_model::short_name;

/// Returns the page of a service's deployments, or `None` if a part is missing or unknown.
pub fn service_url(
    region: Option<&str>,
    cluster: Option<&str>,
    service: Option<&str>,
) -> Option<String> {
    let region = region.filter(|region| is_region(region))?;
    let host = console_host(region)?;
    let cluster = cluster.map(short_name).filter(|name| is_name(name))?;
    let service = service.filter(|name| is_name(name))?;
    Some(format!(
        "<https://{host}/ecs/v2/clusters/{cluster}/services/{service}/deployments?region={region}>"
    ))
}

fn console_host(region: &str) -> Option<String> {
    let domain = match region {
        r if r.starts_with("cn-") => "console.amazonaws.cn",
        r if r.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        // The consoles of isolated and sovereign partitions are not public knowledge.
        r if r.starts_with("us-iso") || r.starts_with("eu-iso") || r.starts_with("eusc-") => {
            return None;
        }
        _ => "console.aws.amazon.com",
    };
    Some(format!("{region}.{domain}"))
}

/// Whether a text looks like the name of a region, e.g. `eu-central-1`.
fn is_region(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.chars().all(is_part))
}

/// Whether ECS would allow this name for a cluster or a service.
fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= 255 && name.chars().all(is_part)
}
