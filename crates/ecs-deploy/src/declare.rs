//! What is declared of a service: a service definition, flags laid over it, and without one the
//! convention that our infrastructure's outputs make. Pure: documents in, one document out.

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

/// Where a service's declaration comes from.
#[derive(Debug, Default)]
pub struct Sources {
    /// The service definition, its placeholders filled in.
    pub definition: Option<Value>,
    pub flags: ServiceFlags,
    pub outputs: Option<Outputs>,
    pub cluster: Option<String>,
    pub service: Option<String>,
}

/// A declaration, and what it says beside the service.
#[derive(Debug, PartialEq)]
pub struct Declaration {
    pub service: ServiceDeclaration,
    /// `taskDefinition` of the service definition.
    pub task_definition: Option<String>,
    /// Known members of answers that stood in the definition and are left out.
    pub left_out: Vec<&'static str>,
    /// Whether there is enough to create a service from: a definition, or a network.
    pub can_create: bool,
}

/// Makes the declaration.
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
        return Err(DeclareError::NoObject {
            is: names::kind(&definition),
        });
    };
    let described = ["services", "failures"]
        .iter()
        .any(|m| members.contains_key(*m))
        || members.get("service").is_some_and(Value::is_object);
    if described {
        return Err(DeclareError::Described);
    }
    for (member, instead) in [
        (
            "service",
            "name the service as serviceName, or by --service",
        ),
        ("forceNewDeployment", "give --force-new-deployment"),
    ] {
        if members.contains_key(member) {
            return Err(DeclareError::ForeignMember { member, instead });
        }
    }
    Ok(members)
}

#[cfg(test)]
mod tests;
