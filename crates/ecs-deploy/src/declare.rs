//! Builds the declaration of a service from the service definition and the flags that override it.
//! Without a service definition, the Terraform outputs describe a service by convention. Pure:
//! documents in, one document out.

mod convention;
mod error;
mod flags;
mod names;

use serde_json::{Map, Value};

use crate::plan::declaration::ServiceDeclaration;
use crate::plan::members;

pub use convention::Outputs;
pub use error::DeclareError;
pub use flags::{LoadBalancerFlag, ServiceFlags};

/// The sources of a declaration.
#[derive(Debug, Default)]
pub struct Sources {
    /// The service definition with its placeholders filled in.
    pub definition: Option<Value>,
    pub flags: ServiceFlags,
    pub outputs: Option<Outputs>,
    pub cluster: Option<String>,
    pub service: Option<String>,
}

/// A declaration, with what else the sources contain.
#[derive(Debug, PartialEq)]
pub struct Declaration {
    pub service: ServiceDeclaration,
    /// The member `taskDefinition` of the service definition.
    pub task_definition: Option<String>,
    /// Members of the definition that only responses have; they are removed.
    pub left_out: Vec<&'static str>,
    /// Whether this is enough to create a service: there is a definition, or a network.
    pub can_create: bool,
}

/// Builds the declaration.
///
/// # Errors
/// If the sources contradict each other, or if a name is missing.
pub fn declare(sources: Sources) -> Result<Declaration, DeclareError> {
    let Sources {
        definition,
        flags,
        outputs,
        cluster,
        service,
    } = sources;
    let outputs = outputs.unwrap_or_default();
    let is_written = definition.is_some();
    let mut definition = match definition {
        Some(definition) => written(definition)?,
        None => Map::new(),
    };
    let cluster = names::cluster(cluster, definition.shift_remove("cluster"), &outputs)?;
    let service = names::service(service, definition.shift_remove("serviceName"), &outputs)?;
    let task_definition = names::text("taskDefinition", definition.shift_remove("taskDefinition"))?;
    let left_out = members::read_only()
        .filter(|name| definition.shift_remove(*name).is_some())
        .collect();
    if !is_written {
        definition = convention::service(&outputs)?;
    }
    flags.lay_over(&mut definition, &outputs)?;
    let can_create = is_written || definition.contains_key("networkConfiguration");
    Ok(Declaration {
        service: ServiceDeclaration {
            cluster,
            service,
            definition,
        },
        task_definition,
        left_out,
        can_create,
    })
}

fn written(definition: Value) -> Result<Map<String, Value>, DeclareError> {
    let Value::Object(members) = definition else {
        return Err(DeclareError::NotAnObject {
            is: names::kind(&definition),
        });
    };
    let described = ["services", "failures"]
        .iter()
        .any(|m| members.contains_key(*m))
        || members.get("service").is_some_and(Value::is_object);
    if described {
        return Err(DeclareError::DescribeAnswer);
    }
    for (member, instead) in [
        ("service", "use the member serviceName, or --service"),
        ("forceNewDeployment", "use --force-new-deployment"),
    ] {
        if members.contains_key(member) {
            return Err(DeclareError::ForeignMember { member, instead });
        }
    }
    Ok(members)
}

#[cfg(test)]
mod tests;
