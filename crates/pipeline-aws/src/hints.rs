//! What to do about an error of AWS.
//!
//! Decided here: the hint for an error code or message. Never here: what kind of error it is.

use crate::sts_retry::is_missing_verification_key;

/// The hint if there are no credentials.
pub(crate) const CREDENTIALS_HINT: &str = "use --role-to-assume in a CI job with an OIDC token \
    (GitHub: `permissions: id-token: write`; GitLab: `id_tokens`), or set AWS_ACCESS_KEY_ID and \
    AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";

/// What to do about an error that its code or message explains better than its kind.
pub(crate) fn code_hint(code: &str, message: &str) -> Option<&'static str> {
    if is_missing_verification_key(code, message) {
        return Some(
            "run it again later; if it lasts, check that the identity provider's \
             /.well-known/openid-configuration and its keys can be read from the Internet",
        );
    }
    if code == "RequestTimeTooSkewed"
        || message.contains("Signature not yet current")
        || message.contains("Signature expired")
        || message.contains("not yet valid")
    {
        return Some("set the clock of this machine: it differs from that of AWS");
    }
    match code {
        "RegionDisabledException" => {
            Some("activate STS in this region (IAM, Account settings), or use another --region")
        }
        "PackedPolicyTooLarge" | "PackedPolicyTooLargeException" => {
            Some("use fewer or shorter session tags: together they are too long for a session")
        }
        _ => None,
    }
}

/// What to allow, and where, from "is not authorized to perform: ACTION on resource: ARN".
pub(crate) fn permission_hint(message: &str) -> Option<String> {
    let rest = message.split_once("is not authorized to perform: ")?.1;
    let action = rest.split_whitespace().next()?;
    let resource = rest
        .split_once("on resource: ")
        .and_then(|(_, r)| r.split_whitespace().next())
        .map(|r| format!(" on {r}"))
        .unwrap_or_default();
    let policy = if message.contains("VPC endpoint policy") {
        "the VPC endpoint's policy"
    } else if message.contains("service control policy") {
        "the organization's service control policy"
    } else if message.contains("explicit deny") {
        "the policy that explicitly denies it"
    } else {
        "the role of this job"
    };
    Some(format!("allow {action}{resource} in {policy}"))
}

/// The prefix of a service in the names of IAM actions.
pub(crate) fn iam_prefix(service: &str) -> &str {
    match service {
        "elbv2" => "elasticloadbalancing",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{code_hint, permission_hint};

    #[test]
    fn a_denial_has_a_hint_with_the_action_and_the_policy() {
        let message = "User: arn:aws:sts::123456789012:assumed-role/deploy/x is not authorized to \
            perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/exec because no \
            identity-based policy allows the iam:PassRole action";
        assert_eq!(
            permission_hint(message).as_deref(),
            Some(
                "allow iam:PassRole on arn:aws:iam::123456789012:role/exec in the role of this job"
            )
        );
        assert_eq!(permission_hint("Access denied"), None);
    }

    #[test]
    fn some_errors_have_a_hint_of_their_own() {
        for (code, message, part) in [
            (
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                "clock",
            ),
            (
                "InvalidSignatureException",
                "Signature not yet current: 20260301T120500Z is still later than 20260301T120000Z",
                "clock",
            ),
            (
                "RegionDisabledException",
                "STS is not activated in this region",
                "activate STS",
            ),
            (
                "PackedPolicyTooLarge",
                "Packed size of session tags consumes 110% of allotted space.",
                "session tags",
            ),
        ] {
            let hint = code_hint(code, message).unwrap_or_default();
            assert!(hint.contains(part), "{code}: {hint}");
        }
        assert_eq!(code_hint("AccessDenied", "Not authorized"), None);
    }
}
