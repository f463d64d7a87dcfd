//! Why an edit cannot be made.

use crate::NoSuchPlace;

/// An edit that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("no container is named {wanted:?}")]
    NoContainer {
        wanted: String,
        known: Vec<String>,
        nearest: Vec<String>,
    },
    #[error("{what} is given without a container, and there are {}: {}", known.len(), known.join(", "))]
    WhichContainer {
        what: &'static str,
        known: Vec<String>,
    },
    #[error("the definition has no containers")]
    NoContainers,
    #[error("container {container} has no log configuration to give the option {option} to")]
    NoLogDriver { container: String, option: String },
    #[error("{text:?} is no {what}")]
    BadSize { what: &'static str, text: String },
    #[error("{member} is not as ECS takes it: {is}, not {wanted}")]
    Misshapen {
        member: String,
        is: &'static str,
        wanted: &'static str,
    },
    #[error(transparent)]
    NoSuchPlace(#[from] NoSuchPlace),
    #[error("{pointer}: {parent} has nothing named {token:?}; there are: {}", known.join(", "))]
    NoElement {
        pointer: String,
        parent: String,
        token: String,
        known: Vec<String>,
    },
}
