use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use pipeline_http::RequestLog;
use reqwest::Url;

use super::super::credentials::Credentials;
use super::super::token::Token;
use super::{
    Auth, Challenge, CredentialProvider, CredentialsError, RENEW_BEFORE, RENEW_TOKEN_BEFORE,
    TokenService, check_realm, first_acceptable, renew_at,
};

#[test]
fn a_password_is_not_sent_unencrypted_to_a_third_party() {
    let base = |text: &str| Url::parse(text).expect("a URL");
    for (realm, registry, allowed) in [
        ("https://auth.test/t", "https://registry.test", true),
        ("http://auth.test/t", "https://registry.test", false),
        ("http://registry.test/t", "http://registry.test", true),
        ("http://127.0.0.1:9/t", "http://127.0.0.1:8", true),
        ("http://127.0.0.1:9/t", "https://registry.test", false),
        ("nonsense", "https://registry.test", false),
    ] {
        let checked = check_realm(realm, &base(registry));
        assert_eq!(checked.is_ok(), allowed, "{realm} {registry}");
    }
}

#[test]
fn a_challenge_that_would_expose_the_password_is_skipped() {
    let base = Url::parse("https://registry.test").expect("a URL");
    let bearer = |realm: &str| Challenge::Bearer {
        realm: realm.to_owned(),
        service: None,
        scope: None,
    };
    let exposed = || bearer("http://auth.test/token");
    for (offered, chosen) in [
        (vec![exposed()], None),
        (vec![exposed(), Challenge::Basic], Some(Challenge::Basic)),
        (
            vec![exposed(), bearer("https://auth.test/token")],
            Some(bearer("https://auth.test/token")),
        ),
    ] {
        assert_eq!(
            first_acceptable(offered.clone(), &base).ok(),
            chosen,
            "{offered:?}"
        );
    }
}

#[test]
fn either_member_of_a_token_answer_is_used() {
    for (answer, expected) in [
        (r#"{"token":"a"}"#, Some("a")),
        (r#"{"access_token":"b","expires_in":300}"#, Some("b")),
        (r#"{"token":"a","access_token":"b"}"#, Some("a")),
        (r#"{"token":"","access_token":"b"}"#, Some("b")),
        (r#"{"token":null,"access_token":"b"}"#, Some("b")),
        (r#"{"token":""}"#, None),
        ("{}", None),
    ] {
        let token: Token = serde_json::from_str(answer).expect(answer);
        assert_eq!(token.token().ok().as_deref(), expected, "{answer}");
    }
}

#[test]
fn credentials_are_renewed_before_they_expire_and_not_in_the_first_half() {
    let now = SystemTime::now();
    for (life, before, after) in [
        (12 * 3600, RENEW_BEFORE, 12 * 3600 - 15 * 60),
        (600, RENEW_BEFORE, 300),
        (60, RENEW_TOKEN_BEFORE, 50),
        (0, RENEW_BEFORE, 0),
    ] {
        let ends = now + Duration::from_secs(life);
        let wanted = now + Duration::from_secs(after);
        assert_eq!(renew_at(now, ends, before), wanted, "{life} s");
    }
    let past = now - Duration::from_secs(60);
    assert!(renew_at(now, past, RENEW_BEFORE) <= now);
}

/// A provider of credentials that expire, which counts its calls.
struct Ending(Duration, Arc<AtomicU32>);

impl CredentialProvider for Ending {
    fn credentials(&self, _: bool) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>> {
        let given = self.1.fetch_add(1, Ordering::SeqCst);
        let ends = SystemTime::now() + self.0;
        let login = Credentials::from_token(format!("login{given}"), Some(ends));
        Box::pin(async { Ok(Some(login)) })
    }

    fn is_preemptive(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn expired_credentials_are_renewed_and_valid_ones_are_kept() {
    let http = pipeline_http::client().expect("a client");
    let tokens = TokenService {
        http: &http,
        requests: &RequestLog::off(),
    };
    for (life, shown, given) in [
        (Duration::from_secs(12 * 3600), "Basic login0", 1),
        (Duration::ZERO, "Basic login2", 3),
    ] {
        let count = Arc::<AtomicU32>::default();
        let auth = Auth::new(Box::new(Ending(life, Arc::clone(&count))));
        auth.auth_header(&tokens).await.expect("a first pass");
        auth.auth_header(&tokens).await.expect("a second pass");
        let last = auth
            .auth_header(&tokens)
            .await
            .expect("a third pass")
            .header;
        assert_eq!(last.expect("a login"), shown);
        assert_eq!(count.load(Ordering::SeqCst), given);
    }
}
