//! The flags about AWS that every verb shares.

use std::path::PathBuf;

/// Flattened into each verb's arguments.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "AWS")]
pub struct AwsArgs {
    /// Region [default: AWS_REGION, AWS_DEFAULT_REGION, the profile's]
    #[arg(long, value_name = "REGION", global = true)]
    pub region: Option<String>,

    /// Role to assume, with the CI system's OIDC token where there is one
    #[arg(long, value_name = "ARN", global = true)]
    pub role_to_assume: Option<String>,

    /// File with the OIDC token to trade for the role (read again when credentials are renewed)
    /// [default: the variable FARGATE_WEB_IDENTITY_TOKEN, else what the CI host offers]
    #[arg(long, value_name = "FILE", global = true)]
    pub web_identity_token_file: Option<PathBuf>,

    /// Audience of the OIDC token that is asked of GitHub
    #[arg(
        long,
        value_name = "NAME",
        default_value = "sts.amazonaws.com",
        global = true
    )]
    pub audience: String,

    /// Name of the role's session, as CloudTrail shows it [default: made of the CI run's id]
    #[arg(long, value_name = "NAME", global = true)]
    pub role_session_name: Option<String>,

    /// How long the role's credentials last before they are renewed, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(900..=43200), global = true)]
    pub role_duration_seconds: u32,

    /// Further role, assumed with the one before, for an hour at most; in the order given
    #[arg(long, value_name = "ARN", requires = "role_to_assume", global = true)]
    pub role_chain: Vec<String>,

    /// Tag of the last role's session, where it is assumed with credentials and not with a token
    #[arg(
        long,
        value_name = "KEY=VALUE",
        requires = "role_to_assume",
        global = true
    )]
    pub session_tag: Vec<String>,

    /// Endpoint of all AWS services, for emulators and private endpoints
    #[arg(long, value_name = "URL", global = true)]
    pub endpoint_url: Option<String>,
}
