//! Why there is no session with AWS, and what to do about it.

use pipeline_io::{Exit, Failure};

use crate::error::{AwsError, WAYS};
use crate::token::OidcError;

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("no region is set")]
    NoRegion,
    #[error("no AWS credentials")]
    NoCredentials {
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    #[error("--endpoint-url {url} is no http:// or https:// address")]
    Endpoint { url: String },
    #[error(transparent)]
    Oidc(#[from] OidcError),
    #[error("the role {role} does not accept this job's OIDC token")]
    NotTrusted {
        role: String,
        remedy: String,
        source: Box<AwsError>,
    },
    #[error("cannot assume the role {role}")]
    Role { role: String, source: Box<AwsError> },
    #[error("{given:?} is not the ARN of a role")]
    NoRole { given: String },
    #[error("--session-tag {given:?} is not KEY=VALUE")]
    SessionTag { given: String },
    #[error("--session-tag has no role to go with")]
    UntakenTags,
}

impl Failure for SessionError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoRegion
            | Self::Endpoint { .. }
            | Self::NoRole { .. }
            | Self::SessionTag { .. }
            | Self::UntakenTags => Exit::Invalid,
            Self::NoCredentials { .. } => Exit::Denied,
            Self::Oidc(error) => error.exit(),
            Self::NotTrusted { source, .. } | Self::Role { source, .. } => source.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoRegion => Some("give --region, or set AWS_REGION".to_owned()),
            Self::NoCredentials { .. } => Some(match std::env::var("AWS_PROFILE") {
                Ok(profile) if !profile.is_empty() => {
                    format!("AWS_PROFILE is {profile:?}, and no such profile gives any; {WAYS}")
                }
                _ => WAYS.to_owned(),
            }),
            Self::Endpoint { .. } => None,
            Self::Oidc(error) => error.hint(),
            Self::NotTrusted { remedy, .. } => Some(remedy.clone()),
            Self::Role { source, .. } if source.message.contains("DurationSeconds") => Some(
                "lower --role-duration-seconds, or raise the role's maximum session duration"
                    .to_owned(),
            ),
            Self::Role { source, .. } => source.hint(),
            Self::NoRole { .. } => {
                Some("a role is named as arn:aws:iam::123456789012:role/NAME".to_owned())
            }
            Self::SessionTag { .. } => None,
            Self::UntakenTags => Some(
                "a session by OIDC token has the tags that the token itself claims; \
                 --session-tag is for --role-chain, or for a role assumed with other credentials"
                    .to_owned(),
            ),
        }
    }
}
