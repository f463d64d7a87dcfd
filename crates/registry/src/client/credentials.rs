//! Credentials of a registry, and the provider that they come from.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use http::HeaderValue;

/// Provides credentials: at the start, before they expire, and after a 401.
pub trait CredentialProvider: Send + Sync {
    /// Returns credentials, or `None` for anonymous access. `renew` is true if the last
    /// credentials are no longer valid.
    ///
    /// # Errors
    /// If the credentials cannot be obtained.
    fn credentials(
        &self,
        renew: bool,
    ) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>>;

    /// Whether the first request already has credentials. ECR always requires them, which saves one
    /// request. Other registries may accept credentials only in their token service.
    fn is_preemptive(&self) -> bool;
}

/// Why credentials could not be obtained.
pub type CredentialsError = Box<dyn std::error::Error + Send + Sync>;

/// A user name and a password, encoded for HTTP Basic authentication.
#[derive(Clone)]
pub struct Credentials {
    basic: String,
    pub(super) expires: Option<SystemTime>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials(…, expires {:?})", self.expires)
    }
}

impl Credentials {
    /// Encodes a user name and a password.
    pub fn new(user: &str, password: &str) -> Self {
        Self {
            basic: STANDARD.encode(format!("{user}:{password}")),
            expires: None,
        }
    }

    /// Takes a token that is already encoded for Basic authentication (ECR returns one) and valid
    /// until `expires`.
    pub fn from_token(basic: impl Into<String>, expires: Option<SystemTime>) -> Self {
        Self {
            basic: basic.into(),
            expires,
        }
    }

    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> Result<HeaderValue, CredentialsError> {
        header("Basic", &self.basic)
    }
}

/// No credentials: the registry allows anonymous access.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;

impl CredentialProvider for Anonymous {
    fn credentials(&self, _: bool) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>> {
        Box::pin(async { Ok(None) })
    }

    fn is_preemptive(&self) -> bool {
        false
    }
}

/// Credentials that do not expire.
#[derive(Debug, Clone)]
pub struct FixedCredentials(pub Credentials);

impl CredentialProvider for FixedCredentials {
    fn credentials(&self, _: bool) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>> {
        Box::pin(async { Ok(Some(self.0.clone())) })
    }

    fn is_preemptive(&self) -> bool {
        false
    }
}

pub(super) fn header(scheme: &str, text: &str) -> Result<HeaderValue, CredentialsError> {
    let mut header = HeaderValue::from_str(&format!("{scheme} {text}"))?;
    header.set_sensitive(true);
    Ok(header)
}
