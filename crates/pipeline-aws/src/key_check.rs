//! Credentials as people paste them: with a line break at the end, or with something else in them.
//!
//! Decided here: whitespace around a key is removed, and a key that cannot be sent is an error, because
//! the SDK panics when it signs with one. Never here: where credentials come from.

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};

/// A provider whose keys are cleaned.
#[derive(Debug)]
pub(crate) struct Cleaned<P>(pub P);

impl<P: ProvideCredentials> ProvideCredentials for Cleaned<P> {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { clean(self.0.provide_credentials().await?) })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{part} contains a blank, a line break or another character that is not allowed")]
struct WrongCharacter {
    part: &'static str,
}

fn clean(credentials: Credentials) -> provider::Result {
    let id = credentials.access_key_id().trim();
    let secret = credentials.secret_access_key().trim();
    let token = credentials.session_token().map(str::trim);
    for (part, text) in [
        ("the access key ID (AWS_ACCESS_KEY_ID)", id),
        ("the secret access key (AWS_SECRET_ACCESS_KEY)", secret),
        (
            "the session token (AWS_SESSION_TOKEN)",
            token.unwrap_or_default(),
        ),
    ] {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let error = WrongCharacter { part };
            return Err(CredentialsError::invalid_configuration(error));
        }
    }
    let is_clean = id == credentials.access_key_id()
        && secret == credentials.secret_access_key()
        && token == credentials.session_token();
    if is_clean {
        return Ok(credentials);
    }
    let token = token.filter(|token| !token.is_empty()).map(str::to_owned);
    let expiry = credentials.expiry();
    Ok(Credentials::new(id, secret, token, expiry, "cleaned"))
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::clean;

    fn keys(id: &str, secret: &str, token: Option<&str>) -> Credentials {
        Credentials::new(id, secret, token.map(str::to_owned), None, "test")
    }

    #[test]
    fn whitespace_around_a_key_is_removed() {
        let cleaned = clean(keys("AKIA\n", "secret\r\n", Some(" token\n"))).expect("usable");
        assert_eq!(cleaned.access_key_id(), "AKIA");
        assert_eq!(cleaned.secret_access_key(), "secret");
        assert_eq!(cleaned.session_token(), Some("token"));
        let cleaned = clean(keys("AKIA", "secret", Some("\n"))).expect("usable");
        assert_eq!(cleaned.session_token(), None);
    }

    #[test]
    fn an_error_names_the_key_that_cannot_be_sent_and_does_not_show_it() {
        for (credentials, name) in [
            (keys("AK\nIA", "s", None), "AWS_ACCESS_KEY_ID"),
            (keys("AKIA", "hunter 2", None), "AWS_SECRET_ACCESS_KEY"),
            (
                keys("AKIA", "s", Some("hunter\u{fc}2")),
                "AWS_SESSION_TOKEN",
            ),
        ] {
            let error = clean(credentials).expect_err("not usable");
            let source = std::error::Error::source(&error).expect("a reason");
            let message = source.to_string();
            assert!(message.contains(name), "{message}");
            assert!(!message.contains("hunter"), "{message}");
        }
    }
}
