//! Why an edit cannot be applied.

use crate::PointerError;

/// Why an edit cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("there is no container {wanted:?}")]
    NoContainer {
        wanted: String,
        known: Vec<String>,
        nearest: Vec<String>,
    },
    #[error("{what} needs a container because there are {}: {}", known.len(), known.join(", "))]
    WhichContainer {
        what: &'static str,
        known: Vec<String>,
    },
    #[error("the definition has no containers")]
    NoContainers,
    #[error("container {container} has no log driver to set the option {option} of")]
    NoLogDriver { container: String, option: String },
    #[error("{text:?} is not a {what}")]
    BadSize { what: &'static str, text: String },
    #[error("{member} must be {wanted}, but is {is}")]
    Misshapen {
        member: String,
        is: &'static str,
        wanted: &'static str,
    },
    #[error(transparent)]
    Pointer(#[from] PointerError),
    #[error("{pointer}: {parent} has no element {token:?}; available: {}", known.join(", "))]
    NoElement {
        pointer: String,
        parent: String,
        token: String,
        known: Vec<String>,
    },
}
