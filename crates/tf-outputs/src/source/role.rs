//! The role of a backend block. How it is assumed is decided in pipeline-aws.

/// A role that is assumed to read the state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateRole {
    pub arn: String,
    pub session_name: Option<String>,
}
