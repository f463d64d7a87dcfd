//! Amazon Resource Names: the only parser of `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
//!
//! Each service has its own format of the resource, so the parser keeps it as text, from which it
//! takes the kind, the path and the name. Never decided here: whether the resource exists, and
//! whether the account ID is valid, because emulators use IDs of any length.
//! [`Arn::is_well_formed`] checks documents that a person wrote.

/// The parts of an ARN, borrowed from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'t> {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: &'t str,
    /// E.g. `ecs`, `iam`, `elasticloadbalancing`.
    pub service: &'t str,
    /// Empty for a global service, e.g. IAM.
    pub region: &'t str,
    /// Twelve digits; empty for an S3 bucket.
    pub account: &'t str,
    /// The rest, including its slashes and colons.
    pub resource: &'t str,
}

/// Why a text is not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN: expected arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE")]
pub struct ParseArnError(pub String);

/// Services whose resources start with a name, not with a kind.
const WITHOUT_KIND: [&str; 3] = ["s3", "sns", "sqs"];

impl<'t> TryFrom<&'t str> for Arn<'t> {
    type Error = ParseArnError;

    fn try_from(text: &'t str) -> Result<Self, ParseArnError> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", partition, service, region, account, resource]
                if !partition.is_empty()
                    && !service.is_empty()
                    && !resource.is_empty()
                    && !text.contains(char::is_whitespace) =>
            {
                Ok(Self {
                    partition,
                    service,
                    region,
                    account,
                    resource,
                })
            }
            _ => Err(ParseArnError(text.to_owned())),
        }
    }
}

impl<'t> Arn<'t> {
    /// The kind of the resource, e.g. `task-definition`, `role` or `secret`; `None` if the service
    /// has no kinds.
    pub fn kind(&self) -> Option<&'t str> {
        if WITHOUT_KIND.contains(&self.service) {
            return None;
        }
        let end = self.resource.find(['/', ':'])?;
        Some(&self.resource[..end])
    }

    /// The resource without its kind, e.g. `CLUSTER/SERVICE/ID` of a service deployment.
    pub fn rest(&self) -> &'t str {
        match self.kind() {
            Some(kind) => &self.resource[kind.len() + 1..],
            None => self.resource,
        }
    }

    /// The parts of [`Arn::rest`] between its slashes.
    pub fn path(&self) -> Vec<&'t str> {
        self.rest().split('/').collect()
    }

    /// The last part of the path, e.g. the name of a service or role, the ID of a task, or `web:41`.
    pub fn name(&self) -> &'t str {
        last(self.rest())
    }

    /// Whether it is the ARN of an IAM role, and not e.g. that of a user or only a path of roles.
    pub fn is_role(&self) -> bool {
        self.service == "iam" && self.kind() == Some("role") && !self.name().is_empty()
    }

    /// Whether it has what the ARN of each resource in an AWS account has: a partition of AWS, an
    /// account ID of twelve digits, and a region unless the service is IAM.
    pub fn is_well_formed(&self) -> bool {
        self.partition.starts_with("aws")
            && is_account_id(self.account)
            && (self.service == "iam") == self.region.is_empty()
    }
}

/// Whether a text is meant as an ARN and not as a name. It may be incomplete.
pub fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// Whether a text is an AWS account ID: twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The name in a name or an ARN: `web` for `web` and for
/// `arn:aws:ecs:eu-west-1:123456789012:service/prod/web`.
pub fn short_name(text: &str) -> &str {
    match Arn::try_from(text) {
        Ok(arn) => arn.name(),
        Err(_) => last(text),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::{Arn, short_name};

    #[test]
    fn each_service_has_its_own_format() {
        for (text, service, kind, path, name) in [
            (
                "arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/web/a1",
                "ecs",
                Some("service-deployment"),
                &["prod", "web", "a1"][..],
                "a1",
            ),
            (
                "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:41",
                "ecs",
                Some("task-definition"),
                &["web:41"],
                "web:41",
            ),
            (
                "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/blue/0123",
                "elasticloadbalancing",
                Some("targetgroup"),
                &["blue", "0123"],
                "0123",
            ),
            (
                "arn:aws-cn:iam::123456789012:role/ci/deploy",
                "iam",
                Some("role"),
                &["ci", "deploy"],
                "deploy",
            ),
            (
                "arn:aws:ecr:eu-west-1:123456789012:repository/team/app",
                "ecr",
                Some("repository"),
                &["team", "app"],
                "app",
            ),
            (
                "arn:aws:logs:eu-west-1:123456789012:log-group:web:*",
                "logs",
                Some("log-group"),
                &["web:*"],
                "web:*",
            ),
            (
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf:password::",
                "secretsmanager",
                Some("secret"),
                &["db-AbCdEf:password::"],
                "db-AbCdEf:password::",
            ),
            (
                "arn:aws:s3:::bucket/env/web.env",
                "s3",
                None,
                &["bucket", "env", "web.env"],
                "web.env",
            ),
            (
                "arn:aws:sns:eu-west-1:123456789012:alarms",
                "sns",
                None,
                &["alarms"],
                "alarms",
            ),
        ] {
            let arn = Arn::try_from(text).expect(text);
            assert_eq!(arn.service, service);
            assert_eq!(arn.kind(), kind, "{text}");
            assert_eq!(arn.path(), path, "{text}");
            assert_eq!(arn.name(), name, "{text}");
        }
    }

    #[test]
    fn an_incomplete_arn_is_an_error() {
        for text in [
            "",
            "arn:",
            "web",
            "arn:aws:ecs:eu-west-1:123456789012",
            "arn:aws:ecs:eu-west-1:123456789012:",
            "arn:aws::eu-west-1:123456789012:x",
            "urn:aws:ecs:eu-west-1:123456789012:x",
            "arn:aws:ecs:eu-west-1:123456789012:service/a b",
        ] {
            let error = Arn::try_from(text).expect_err(text).to_string();
            assert_eq!(
                error,
                format!(
                    "`{text}` is not an ARN: expected arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE"
                )
            );
        }
    }

    #[test]
    fn a_well_formed_arn_has_the_format_of_aws() {
        for (text, is_well_formed, is_role) in [
            ("arn:aws:iam::123456789012:role/ci/deploy", true, true),
            ("arn:aws:iam::123456789012:role/ci/", true, false),
            ("arn:aws:iam::123456789012:user/role", true, false),
            ("arn:aws:iam::1234:role/x", false, true),
            ("arn:aws:iam:eu-west-1:123456789012:role/x", false, true),
            ("arn:aws:ecs:eu-west-1:123456789012:cluster/c", true, false),
            ("arn:aws:ecs::123456789012:cluster/c", false, false),
            ("arn:gcp:ecs:r:123456789012:cluster/c", false, false),
        ] {
            let arn = Arn::try_from(text).expect(text);
            assert_eq!(arn.is_well_formed(), is_well_formed, "{text}");
            assert_eq!(arn.is_role(), is_role, "{text}");
        }
    }

    #[test]
    fn a_name_and_an_arn_have_the_same_short_name() {
        for (text, name) in [
            ("web", "web"),
            ("", ""),
            ("prod/web", "web"),
            ("arn:aws:ecs:eu-west-1:1:service/prod/web", "web"),
            ("arn:aws:ecs:eu-west-1:1:task-definition/web:7", "web:7"),
        ] {
            assert_eq!(short_name(text), name);
        }
    }
}
