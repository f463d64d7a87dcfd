//! Flags that declare members of a service: each replaces its member of the definition.

use serde_json::{Map, Value, json};

use super::convention::{self, Outputs};
use super::error::DeclareError;

/// `--target-container NAME:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancerFlag {
    pub container: String,
    pub port: u16,
}

/// The flags as given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceFlags {
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    pub assign_public_ip: bool,
    pub target_groups: Vec<String>,
    pub containers: Vec<LoadBalancerFlag>,
    pub desired_count: Option<u32>,
    /// Pairs of key and value.
    pub tags: Vec<(String, String)>,
}

impl ServiceFlags {
    pub(super) fn lay_over(
        &self,
        definition: &mut Map<String, Value>,
        outputs: &Outputs,
    ) -> Result<(), DeclareError> {
        if let Some(count) = self.desired_count {
            definition.insert("desiredCount".into(), count.into());
        }
        self.network(definition)?;
        self.load_balancers(definition, outputs)?;
        self.tags(definition)
    }

    fn network(&self, definition: &mut Map<String, Value>) -> Result<(), DeclareError> {
        let mut given = Map::new();
        if !self.subnets.is_empty() {
            given.insert("subnets".into(), json!(self.subnets));
        }
        if !self.security_groups.is_empty() {
            given.insert("securityGroups".into(), json!(self.security_groups));
        }
        if self.assign_public_ip {
            given.insert("assignPublicIp".into(), "ENABLED".into());
        }
        if given.is_empty() {
            return Ok(());
        }
        let network = object(definition, "networkConfiguration")?;
        object(network, "awsvpcConfiguration")?.extend(given);
        // The flags alone describe a Fargate service, as the convention does.
        if !definition.contains_key("launchType")
            && !definition.contains_key("capacityProviderStrategy")
            && definition
                .keys()
                .all(|m| matches!(m.as_str(), "networkConfiguration" | "desiredCount"))
        {
            definition.insert("launchType".into(), "FARGATE".into());
        }
        Ok(())
    }

    fn load_balancers(
        &self,
        definition: &mut Map<String, Value>,
        outputs: &Outputs,
    ) -> Result<(), DeclareError> {
        if self.target_groups.is_empty() && self.containers.is_empty() {
            return Ok(());
        }
        let mut groups: Vec<Value> = self
            .target_groups
            .iter()
            .map(|g| g.as_str().into())
            .collect();
        if groups.is_empty() {
            groups.extend(outputs.get("target_group_arn").cloned());
        }
        let mut containers: Vec<(String, Value)> = self
            .containers
            .iter()
            .map(|c| (c.container.clone(), c.port.into()))
            .collect();
        if containers.is_empty() {
            containers.extend(convention::container(outputs)?);
        }
        if groups.len() != containers.len() {
            return Err(DeclareError::UnpairedTargetGroups {
                groups: groups.len(),
                containers: containers.len(),
            });
        }
        let pairs: Vec<Value> = groups
            .into_iter()
            .zip(containers)
            .map(|(group, (name, port))| {
                json!({"targetGroupArn": group, "containerName": name, "containerPort": port})
            })
            .collect();
        definition.insert("loadBalancers".into(), pairs.into());
        Ok(())
    }

    fn tags(&self, definition: &mut Map<String, Value>) -> Result<(), DeclareError> {
        if self.tags.is_empty() {
            return Ok(());
        }
        let tags = definition.entry("tags").or_insert_with(|| json!([]));
        if tags.is_null() {
            *tags = json!([]);
        }
        let is = super::names::kind(tags);
        let Value::Array(tags) = tags else {
            return Err(DeclareError::Type {
                member: "tags",
                is,
                wanted: "a list",
            });
        };
        for (key, value) in &self.tags {
            tags.retain(|tag| tag["key"] != key.as_str());
            tags.push(json!({"key": key, "value": value}));
        }
        Ok(())
    }
}

fn object<'m>(
    parent: &'m mut Map<String, Value>,
    member: &'static str,
) -> Result<&'m mut Map<String, Value>, DeclareError> {
    let value = parent.entry(member).or_insert_with(|| json!({}));
    if value.is_null() {
        *value = json!({});
    }
    let is = super::names::kind(value);
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(DeclareError::Type {
            member,
            is,
            wanted: "an object",
        }),
    }
}
