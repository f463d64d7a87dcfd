//! The outputs, and the format of the text that contained them.

use std::collections::BTreeMap;

use serde_json::Value;

/// The outputs by name, in alphabetical order, which is also how Terraform writes them.
pub type Outputs = BTreeMap<String, Output>;

/// One output of a root module.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The value from the state. Numbers keep all their digits.
    pub value: Value,
    /// Whether the configuration has `sensitive = true`.
    pub sensitive: bool,
}

/// The outputs of a text, and the format of that text.
#[derive(Clone, Debug, PartialEq)]
pub struct StateDocument {
    pub format: StateFormat,
    pub outputs: Outputs,
}

/// The two formats that contain outputs together with their sensitivity.
#[derive(Clone, Debug, PartialEq)]
pub enum StateFormat {
    /// A state, version 4.
    State {
        serial: Option<u64>,
        terraform_version: Option<String>,
    },
    /// The output of `terraform output -json` or `tofu output -json`.
    OutputJson,
}
