use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use pipeline_http::RequestLog;
use reqwest::Url;

use super::{
    Auth, Challenge, CredentialProvider, Credentials, CredentialsError, check_realm, parse,
    renew_at,
};
use super::{RENEW_BEFORE, RENEW_TOKEN_BEFORE, TokenService};

#[test]
fn challenges_are_parsed() {
    let bearer = Challenge::Bearer {
        realm: "https://auth.test/token".into(),
        service: Some("registry.test".into()),
        scope: Some("repository:app:pull,push".into()),
    };
    for (text, challenge) in [
        ("Basic realm=\"x\"", Some(Challenge::Basic)),
        ("basic", Some(Challenge::Basic)),
        (
            "Bearer realm=\"https://auth.test/token\",service=\"registry.test\",scope=\"repository:app:pull,push\"",
            Some(bearer.clone()),
        ),
        (
            "Bearer service=registry.test, scope=\"repository:app:pull,push\", realm=\"https://auth.test/token\"",
            Some(bearer),
        ),
        ("Bearer service=\"x\"", None),
        ("Bearer realm=\"unclosed", None),
        ("Negotiate", None),
        ("", None),
    ] {
        assert_eq!(parse(text), challenge, "{text}");
    }
}

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
