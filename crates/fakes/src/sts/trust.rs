//! The conditions of a role for a web identity token, set by a test.

pub(super) const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// What a role asks of a web identity token.
#[derive(Clone, Debug)]
pub struct Trust {
    pub(super) issuer: String,
    pub(super) audience: Option<String>,
    pub(super) subject: Option<String>,
}

impl Trust {
    /// Tokens of this issuer, not expired.
    pub fn issuer(issuer: &str) -> Self {
        Self {
            issuer: issuer.into(),
            audience: None,
            subject: None,
        }
    }

    /// Tokens of GitHub for `sts.amazonaws.com`.
    pub fn github() -> Self {
        Self::issuer(GITHUB_ISSUER).audience("sts.amazonaws.com")
    }

    /// The token's `aud`.
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The token's `sub`.
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = Some(subject.into());
        self
    }
}
