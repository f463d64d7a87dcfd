//! What an OIDC token says of its job, and what that explains of a refusal.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// GitHub's issuer.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// A token's claims; not secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    issuer: Option<String>,
    subject: Option<String>,
    audience: Option<String>,
    environment: Option<String>,
    /// Seconds since 1970.
    expires: Option<i64>,
}

impl Claims {
    /// Reads the claims without verifying them: STS did that.
    pub(crate) fn of(token: &str) -> Self {
        let payload = token
            .split('.')
            .nth(1)
            .and_then(|p| URL_SAFE_NO_PAD.decode(p.trim_end_matches('=')).ok());
        let claims: Value = payload
            .and_then(|p| serde_json::from_slice(&p).ok())
            .unwrap_or_default();
        let text = |name: &str| match &claims[name] {
            Value::String(text) => Some(text.clone()),
            Value::Array(all) => {
                let all: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
                Some(all.join(", "))
            }
            _ => None,
        };
        Self {
            issuer: text("iss"),
            subject: text("sub"),
            audience: text("aud"),
            environment: text("environment"),
            expires: claims["exp"].as_i64(),
        }
    }

    /// What to do about STS refusing `role` to the token with this code and message.
    pub(crate) fn explain(&self, role: &str, code: &str, message: &str) -> String {
        let Some(issuer) = &self.issuer else {
            return "what was given as the OIDC token is no JSON Web Token".to_owned();
        };
        let subject = self.subject.as_deref().unwrap_or("?");
        let audience = self.audience.as_deref().unwrap_or("?");
        if code.starts_with("ExpiredToken") {
            let when = self
                .expires
                .and_then(|at| DateTime::from_secs(at).fmt(Format::DateTime).ok())
                .map_or_else(String::new, |at| format!(" at {at}"));
            return format!(
                "the token expired{when}; GitLab's lives as long as the job's timeout, a file's or \
                 variable's until whoever wrote it writes it anew"
            );
        }
        if message.contains("No OpenIDConnect provider") {
            return format!(
                "create the account's IAM identity provider for {issuer} (once an account; \
                 Infra/bootstrap does it)"
            );
        }
        if message.contains("audience") {
            return format!(
                "this job's token is for the audience {audience:?}, and the identity provider for \
                 {issuer} lists another: let it list this one, or ask for its own with --audience \
                 (GitHub) or aud of id_tokens (GitLab)"
            );
        }
        let mut told = format!(
            "this job's token says sub {subject:?} and aud {audience:?}; the trust policy of {role} \
             must name exactly these for {}",
            issuer.trim_start_matches("https://")
        );
        if issuer == GITHUB && self.environment.is_none() {
            told.push_str(
                " (a job with `environment: NAME` has a sub that ends in environment:NAME, and \
                 this job has none)",
            );
        }
        told.push_str("; a role that does not exist is refused in the same words");
        told
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

    use super::Claims;

    const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";

    fn claims(payload: &str) -> Claims {
        Claims::of(&format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload)))
    }

    fn github(more: &str) -> Claims {
        claims(&format!(
            r#"{{"iss":"https://token.actions.githubusercontent.com","sub":"repo:o/r:ref:refs/heads/x","aud":"sts.amazonaws.com"{more}}}"#
        ))
    }

    #[test]
    fn a_denial_is_explained_by_sub_and_aud() {
        let said = github("").explain(ROLE, "AccessDenied", "Not authorized to perform …");
        for part in [
            r#"sub "repo:o/r:ref:refs/heads/x""#,
            r#"aud "sts.amazonaws.com""#,
            "the trust policy of arn:aws:iam::123456789012:role/deploy",
            "for token.actions.githubusercontent.com",
            "this job has none",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let said = github(r#","environment":"prod""#).explain(ROLE, "AccessDenied", "");
        assert!(!said.contains("has none"), "{said}");
    }

    #[test]
    fn each_refusal_has_its_own_remedy() {
        let token = claims(
            r#"{"iss":"https://gitlab.example","sub":"s","aud":["a","b"],"exp":1790000000}"#,
        );
        let explain = |code: &str, message: &str| token.explain(ROLE, code, message);
        let none = explain(
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://gitlab.example",
        );
        assert!(
            none.starts_with(
                "create the account's IAM identity provider for https://gitlab.example"
            )
        );
        let audience = explain("InvalidIdentityToken", "Incorrect token audience");
        assert!(audience.contains(r#"the audience "a, b""#), "{audience}");
        let expired = explain("ExpiredTokenException", "Token expired: …");
        assert!(
            expired.contains("expired at 2026-09-21T14:13:20Z"),
            "{expired}"
        );
    }

    #[test]
    fn padding_does_no_harm_and_garbage_is_told() {
        let padded = URL_SAFE.encode(r#"{"iss":"i"}"#);
        assert_eq!(
            Claims::of(&format!("e30.{padded}.s")).issuer.as_deref(),
            Some("i")
        );
        let said = Claims::of("garbage").explain(ROLE, "InvalidIdentityToken", "");
        assert!(said.contains("no JSON Web Token"), "{said}");
    }
}
