//! Why a session with AWS could not be opened, and what to do about it.

use pipeline_io::{Exit, Failure};

use crate::error::AwsError;
use crate::hints::CREDENTIALS_HINT;
use crate::token::OidcError;

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("no region is set")]
    NoRegion,
    #[error("no AWS credentials")]
    NoCredentials {
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    #[error("--endpoint-url {url:?} is not an http:// or https:// URL")]
    Endpoint { url: String },
    #[error(transparent)]
    Oidc(#[from] OidcError),
    #[error("the role {role} does not accept this job's OIDC token")]
    NotTrusted {
        role: String,
        hint: String,
        source: Box<AwsError>,
    },
    #[error("cannot assume the role {role}")]
    Role { role: String, source: Box<AwsError> },
    #[error("{role:?} is not the ARN of a role")]
    RoleArn { role: String },
    #[error("--session-tag {tag:?} is not KEY=VALUE")]
    SessionTag { tag: String },
    #[error("{option} cannot be used with an OIDC token")]
    NotWithToken { option: &'static str },
    #[error("the credentials belong to the account {account}, which is not allowed")]
    OtherAccount { account: String, allowed: String },
    #[error("cannot find out to which account the credentials belong")]
    Account { source: Box<AwsError> },
}

impl Failure for SessionError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoRegion
            | Self::Endpoint { .. }
            | Self::RoleArn { .. }
            | Self::SessionTag { .. }
            | Self::NotWithToken { .. } => Exit::Invalid,
            Self::NoCredentials { .. } | Self::OtherAccount { .. } => Exit::Denied,
            Self::Oidc(error) => error.exit(),
            Self::NotTrusted { source, .. }
            | Self::Role { source, .. }
            | Self::Account { source } => source.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoRegion => Some("set --region or AWS_REGION".to_owned()),
            Self::NoCredentials { .. } => Some(match std::env::var("AWS_PROFILE") {
                Ok(profile) if !profile.is_empty() => {
                    format!(
                        "AWS_PROFILE is {profile:?}, but this profile has no credentials; {CREDENTIALS_HINT}"
                    )
                }
                _ => CREDENTIALS_HINT.to_owned(),
            }),
            Self::Endpoint { .. } => None,
            Self::Oidc(error) => error.hint(),
            Self::NotTrusted { hint, .. } => Some(hint.clone()),
            Self::Role { source, .. } if source.message.contains("DurationSeconds") => Some(
                "lower --role-duration-seconds, or raise the role's maximum session duration"
                    .to_owned(),
            ),
            Self::Role { source, .. } => source.hint(),
            Self::RoleArn { .. } => {
                Some("write it like arn:aws:iam::123456789012:role/NAME".to_owned())
            }
            Self::SessionTag { .. } => Some("write it like Team=web".to_owned()),
            Self::OtherAccount { allowed, .. } => Some(format!(
                "use credentials of {allowed}, or add the account to --allowed-account-id"
            )),
            Self::Account { source } => source.hint(),
            Self::NotWithToken { .. } => Some(
                "add --role-chain, whose last role gets it, or use --no-oidc and other credentials"
                    .to_owned(),
            ),
        }
    }
}
