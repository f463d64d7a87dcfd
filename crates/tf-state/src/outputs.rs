//! What is read: outputs, and the form of the text that they were in.

use std::collections::BTreeMap;

use serde_json::Value;

/// The outputs by name, in the order of their names (Terraform writes them so).
pub type Outputs = BTreeMap<String, Output>;

/// One output of a root module.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The value as it stands in the state: numbers keep all their digits.
    pub value: Value,
    /// Whether the configuration says `sensitive = true`.
    pub sensitive: bool,
}

/// What a text turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub form: Form,
    pub outputs: Outputs,
}

/// The two texts that carry outputs with their types and their sensitivity.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A state, version 4.
    State {
        serial: Option<u64>,
        terraform_version: Option<String>,
    },
    /// What `terraform output -json` or `tofu output -json` prints.
    OutputJson,
}
