//! `DescribeServiceRevisions`: the target groups in which the tasks of a revision are registered.

use serde::Deserialize;

/// A service revision.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceRevision {
    pub service_revision_arn: String,
    pub task_definition: Option<String>,
    pub load_balancers: Vec<LoadBalancer>,
    pub resolved_configuration: Option<ResolvedConfiguration>,
}

/// What the revision really uses, e.g. either the blue or the green target group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResolvedConfiguration {
    pub load_balancers: Vec<ResolvedLoadBalancer>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResolvedLoadBalancer {
    pub target_group_arn: Option<String>,
}

/// A load balancer in a service definition.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadBalancer {
    pub target_group_arn: Option<String>,
    pub container_name: Option<String>,
    pub container_port: Option<u16>,
    pub advanced_configuration: Option<AdvancedConfiguration>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdvancedConfiguration {
    pub alternate_target_group_arn: Option<String>,
}

/// A target group in which a task must be healthy. `groups` are two if ECS does not report yet
/// whether the revision uses the blue or the green one; the task must be healthy in one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRegistration {
    pub groups: Vec<String>,
    /// The port of the container, which is also that of the target.
    pub port: Option<u16>,
    pub container: Option<String>,
}

/// The target groups of a revision's tasks. `resolved` selects blue or green. A resolved group that
/// is not in `load_balancers` is a registration of its own.
pub fn registrations(
    load_balancers: &[LoadBalancer],
    resolved: Option<&ResolvedConfiguration>,
) -> Vec<TargetRegistration> {
    let mut resolved: Vec<&str> = resolved
        .iter()
        .flat_map(|r| &r.load_balancers)
        .filter_map(|lb| lb.target_group_arn.as_deref())
        .collect();
    resolved.dedup();
    let mut registrations: Vec<TargetRegistration> = load_balancers
        .iter()
        .filter_map(|lb| {
            let alternate = lb
                .advanced_configuration
                .as_ref()
                .and_then(|a| a.alternate_target_group_arn.as_deref());
            let named: Vec<&str> = lb
                .target_group_arn
                .as_deref()
                .into_iter()
                .chain(alternate)
                .collect();
            let own: Vec<&str> = named
                .iter()
                .copied()
                .filter(|g| resolved.contains(g))
                .collect();
            let groups = if own.is_empty() { named } else { own };
            resolved.retain(|group| !groups.contains(group));
            (!groups.is_empty()).then(|| TargetRegistration {
                groups: groups.into_iter().map(str::to_owned).collect(),
                port: lb.container_port,
                container: lb.container_name.clone(),
            })
        })
        .collect();
    registrations.extend(resolved.into_iter().map(|group| TargetRegistration {
        groups: vec![group.to_owned()],
        port: None,
        container: None,
    }));
    registrations
}
