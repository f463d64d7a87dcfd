//! The claims of an OIDC token, and how they explain why STS rejects it.
//!
//! Decided here: the hint for each rejection. Never here: whether a token is valid, which only STS
//! decides.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// GitHub's issuer.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// The claims of a token. They are not secret.
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
    /// Reads the claims without verifying them, because STS has done that.
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

    /// What to do if STS rejects the token for `role` with this error code and message.
    pub(crate) fn explain(&self, role: &str, code: &str, message: &str) -> String {
        let Some(issuer) = &self.issuer else {
            return "the OIDC token is not a JSON Web Token".to_owned();
        };
        let subject = self.subject.as_deref().unwrap_or("?");
        let audience = self.audience.as_deref().unwrap_or("?");
        if code.starts_with("ExpiredToken") {
            let when = self
                .expires
                .and_then(|at| DateTime::from_secs(at).fmt(Format::DateTime).ok())
                .map_or_else(String::new, |at| format!(" at {at}"));
            return format!(
                "the token expired{when}: on GitLab raise the job's timeout, elsewhere write a new \
                 token to the file or variable"
            );
        }
        if message.contains("not yet valid") {
            return "set the clock of the machine that issued the token: it is ahead of that of AWS"
                .to_owned();
        }
        if message.contains("No OpenIDConnect provider") {
            return format!(
                "create an IAM identity provider for {issuer}, once per account (Infra/bootstrap \
                 does this)"
            );
        }
        if message.contains("audience") {
            return format!(
                "the audience of this job's token is {audience:?}, but the identity provider for \
                 {issuer} accepts another: add this one to the provider, or request the other with \
                 --audience (GitHub) or `aud` of `id_tokens` (GitLab)"
            );
        }
        let mut hint = format!(
            "this job's token has sub {subject:?} and aud {audience:?}: the trust policy of {role} \
             must allow exactly these for {}",
            issuer.trim_start_matches("https://")
        );
        if issuer == GITHUB && self.environment.is_none() {
            hint.push_str(
                " (in a job with `environment: NAME` the sub ends with environment:NAME; this job \
                 has none)",
            );
        }
        hint.push_str(". AWS returns the same error if the role does not exist");
        hint
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
    fn a_denial_is_explained_with_sub_and_aud() {
        let hint = github("").explain(ROLE, "AccessDenied", "Not authorized to perform …");
        for part in [
            r#"sub "repo:o/r:ref:refs/heads/x""#,
            r#"aud "sts.amazonaws.com""#,
            "the trust policy of arn:aws:iam::123456789012:role/deploy",
            "for token.actions.githubusercontent.com",
            "this job has none",
        ] {
            assert!(hint.contains(part), "{part}: {hint}");
        }
        let hint = github(r#","environment":"prod""#).explain(ROLE, "AccessDenied", "");
        assert!(!hint.contains("has none"), "{hint}");
    }

    #[test]
    fn each_rejection_has_its_own_hint() {
        let token = claims(
            r#"{"iss":"https://gitlab.example","sub":"s","aud":["a","b"],"exp":1790000000}"#,
        );
        let explain = |code: &str, message: &str| token.explain(ROLE, code, message);
        let none = explain(
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://gitlab.example",
        );
        assert!(
            none.starts_with("create an IAM identity provider for https://gitlab.example"),
            "{none}"
        );
        let audience = explain("InvalidIdentityToken", "Incorrect token audience");
        assert!(audience.contains(r#"token is "a, b""#), "{audience}");
        let expired = explain("ExpiredTokenException", "Token expired: …");
        assert!(
            expired.contains("expired at 2026-09-21T14:13:20Z"),
            "{expired}"
        );
    }

    #[test]
    fn padding_is_accepted_and_garbage_is_reported() {
        let padded = URL_SAFE.encode(r#"{"iss":"i"}"#);
        assert_eq!(
            Claims::of(&format!("e30.{padded}.s")).issuer.as_deref(),
            Some("i")
        );
        let hint = Claims::of("garbage").explain(ROLE, "InvalidIdentityToken", "");
        assert!(hint.contains("not a JSON Web Token"), "{hint}");
    }
}
