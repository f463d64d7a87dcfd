//! The options for access to AWS, which all verbs share.

use std::path::PathBuf;

/// The options, flattened into each verb's arguments.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "AWS")]
pub struct AwsArgs {
    /// AWS region, e.g. eu-central-1
    ///
    /// [default: AWS_REGION, AWS_DEFAULT_REGION, the region of the profile]
    #[arg(long, hide_short_help = true, value_name = "REGION", global = true)]
    pub region: Option<String>,

    /// Role to assume, with the OIDC token of the CI job if there is one
    #[arg(long, hide_short_help = true, value_name = "ARN", global = true)]
    pub role_to_assume: Option<String>,

    /// File with the OIDC token for --role-to-assume
    ///
    /// The file is read again when the credentials are renewed. [default: the variable
    /// FARGATE_WEB_IDENTITY_TOKEN, then the token of the CI host]
    #[arg(long, hide_short_help = true, value_name = "FILE", global = true)]
    pub web_identity_token_file: Option<PathBuf>,

    /// Assume the role with other credentials, even if the CI job has an OIDC token
    ///
    /// The other credentials are those of the variables, the profile or the machine.
    #[arg(long, hide_short_help = true, global = true)]
    pub no_oidc: bool,

    /// Audience of the OIDC token requested from GitHub
    #[arg(
        long,
        hide_short_help = true,
        value_name = "NAME",
        default_value = "sts.amazonaws.com",
        global = true
    )]
    pub audience: String,

    /// Session name of the role, shown in CloudTrail [default: from the CI run ID]
    #[arg(long, hide_short_help = true, value_name = "NAME", global = true)]
    pub role_session_name: Option<String>,

    /// Lifetime of the role's credentials before they are renewed, in seconds
    #[arg(long, hide_short_help = true, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(900..=43200), global = true)]
    pub role_duration_seconds: u32,

    /// Another role to assume with the previous one, in the given order
    ///
    /// Credentials of a chained role last at most one hour. May be given more than once.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "ARN",
        requires = "role_to_assume",
        global = true
    )]
    pub role_chain: Vec<String>,

    /// Session tag of the last role, if it is not assumed with an OIDC token
    #[arg(
        long,
        hide_short_help = true,
        value_name = "KEY=VALUE",
        requires = "role_to_assume",
        global = true
    )]
    pub session_tag: Vec<String>,

    /// External ID for the last role, if it is not assumed with an OIDC token
    #[arg(
        long,
        hide_short_help = true,
        value_name = "ID",
        requires = "role_to_assume",
        global = true
    )]
    pub external_id: Option<String>,

    /// AWS account that may be used; may be given more than once
    ///
    /// The program ends before it does anything if the credentials belong to another account.
    #[arg(long, hide_short_help = true, value_name = "ID", global = true)]
    pub allowed_account_id: Vec<String>,

    /// Endpoint for all AWS services, for emulators and private endpoints
    #[arg(long, hide_short_help = true, value_name = "URL", global = true)]
    pub endpoint_url: Option<String>,
}
