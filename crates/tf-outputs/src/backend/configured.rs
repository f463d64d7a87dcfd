//! The location of a state and the credentials for it, as a configuration specifies them.

use pipeline_io::Secret;

use crate::source;

/// The location of a state and the credentials for it, as a configuration specifies them.
#[derive(Debug)]
pub struct ConfiguredState {
    pub location: source::StateLocation,
    pub region: Option<String>,
    /// ARN of the role that the backend assumes.
    pub role: Option<String>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub token: Option<Secret>,
}

impl ConfiguredState {
    pub(super) fn at(location: source::StateLocation) -> Self {
        ConfiguredState {
            location,
            region: None,
            role: None,
            username: None,
            password: None,
            token: None,
        }
    }
}
