//! What STS remembers: trusts, sessions, and who calls.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::trust::Trust;

/// What STS remembers.
#[derive(Default)]
pub(crate) struct State {
    pub(super) trusts: Vec<Trust>,
    pub(super) denied_roles: Vec<String>,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) only_known_keys: bool,
    pub(super) signatures: bool,
    /// Whether requests that were signed at another time are rejected.
    pub(super) dates: bool,
    pub(super) subject: Option<String>,
    pub(super) session_length: Option<Duration>,
    /// Who the present request is from.
    pub(super) caller: Option<String>,
}

pub(super) struct Session {
    pub(super) arn: String,
    pub(super) secret: String,
    pub(super) token: String,
    pub(super) expires: Timestamp,
}
