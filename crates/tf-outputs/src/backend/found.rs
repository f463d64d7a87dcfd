//! What a configuration says about its state.

use pipeline_io::Secret;

use crate::source;

/// What a configuration says about its state.
#[derive(Debug)]
pub struct Found {
    pub place: source::StateLocation,
    pub region: Option<String>,
    /// A role that the backend assumes.
    pub role: Option<String>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub token: Option<Secret>,
}

impl Found {
    pub(super) fn at(place: source::StateLocation) -> Self {
        Found {
            place,
            region: None,
            role: None,
            username: None,
            password: None,
            token: None,
        }
    }
}
