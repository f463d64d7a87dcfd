//! The location of a state and the credentials for it, as a configuration specifies them.

use pipeline_io::Secret;

use crate::source::{StateLocation, StateRole};

/// The location of a state and the credentials for it, as a configuration specifies them.
#[derive(Debug)]
pub struct ConfiguredState {
    pub location: StateLocation,
    pub region: Option<String>,
    pub role: Option<StateRole>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub token: Option<Secret>,
}

/// The settings of a backend that options replace, so that they need no support.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overrides {
    /// The source of the credentials, e.g. the profile.
    pub credentials: bool,
    /// The role in the block.
    pub role: bool,
}

impl ConfiguredState {
    pub(super) fn at(location: StateLocation) -> Self {
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
