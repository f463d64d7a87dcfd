//! What files and flags declare of a service, and nothing else.

use serde_json::{Map, Value};

/// What the files and flags declare of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceDeclaration {
    /// The cluster's name or ARN.
    pub cluster: String,
    pub service: String,
    /// The members of CreateService, without those three names that the run itself decides:
    /// `cluster`, `serviceName` and `taskDefinition`.
    pub definition: Map<String, Value>,
}
