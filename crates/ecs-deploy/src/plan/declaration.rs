//! What files and flags declare about a service, and nothing else.

use serde_json::{Map, Value};

/// What files and flags declare about a service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceDeclaration {
    /// The name or ARN of the cluster.
    pub cluster: String,
    pub service: String,
    /// Members of CreateService, except `cluster`, `serviceName` and `taskDefinition`, which the
    /// run sets.
    pub definition: Map<String, Value>,
}
