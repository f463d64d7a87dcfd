//! The settings of Terraform's s3 backend.
//!
//! Decided here: which settings are honored, which options replace, and which are rejected. Settings
//! that matter only for writing (e.g. `encrypt`, `acl`, `dynamodb_table`), and checks before a request
//! (e.g. `skip_region_validation`, `allowed_account_ids`), do not change which state is read.

use super::block::BackendBlock;
use super::configured::{ConfiguredState, Overrides};
use super::error::BackendError;
use crate::source::{AccessPoint, S3StateLocation, StateLocation, StateRole};

/// Settings that are never supported, with a hint.
const UNSUPPORTED: [(&str, &str); 4] = [
    (
        "access_key",
        "set credentials in the environment, never in a configuration",
    ),
    (
        "secret_key",
        "set credentials in the environment, never in a configuration",
    ),
    (
        "sse_customer_key",
        "for a state with a customer-provided key, use `terraform output -json | tf-outputs --state -`",
    ),
    (
        "insecure",
        "set AWS_CA_BUNDLE to the certificate of the CA that signed the server's certificate",
    ),
];

/// Settings that an environment variable can replace: with the same value, they are accepted.
const VARIABLES: [(&str, &str); 4] = [
    ("custom_ca_bundle", "AWS_CA_BUNDLE"),
    ("http_proxy", "HTTP_PROXY"),
    ("https_proxy", "HTTPS_PROXY"),
    ("no_proxy", "NO_PROXY"),
];

/// The same for settings that decide where the credentials come from.
const CREDENTIAL_VARIABLES: [(&str, &str); 5] = [
    ("profile", "AWS_PROFILE"),
    ("shared_credentials_file", "AWS_SHARED_CREDENTIALS_FILE"),
    ("shared_credentials_files", "AWS_SHARED_CREDENTIALS_FILE"),
    ("shared_config_files", "AWS_CONFIG_FILE"),
    (
        "ec2_metadata_service_endpoint",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    ),
];

/// Settings of a role that are not supported, each with its deprecated name outside of `assume_role`.
const ROLE_SETTINGS: [(&str, &str); 6] = [
    ("external_id", "external_id"),
    ("policy", "assume_role_policy"),
    ("policy_arns", "assume_role_policy_arns"),
    ("source_identity", "source_identity"),
    ("tags", "assume_role_tags"),
    ("transitive_tag_keys", "assume_role_transitive_tag_keys"),
];

/// Returns the location of the state in S3.
pub fn location(
    block: &BackendBlock,
    overrides: Overrides,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<ConfiguredState, BackendError> {
    for (name, hint) in UNSUPPORTED {
        block.refuse(name, hint)?;
    }
    for (name, variable) in VARIABLES {
        check_variable(block, name, variable, env)?;
    }
    if !overrides.credentials {
        check_credentials(block, env)?;
    }
    let mut location =
        S3StateLocation::new(block.required_text("bucket")?, block.required_text("key")?);
    if let Err(problem) = AccessPoint::parse(&location.bucket) {
        return Err(block.unsupported("bucket", problem));
    }
    if let Some(prefix) = block.text("workspace_key_prefix")? {
        prefix
            .trim_matches('/')
            .clone_into(&mut location.workspace_key_prefix);
    }
    location.endpoint = match block.text_within("endpoints", "s3")? {
        Some(endpoint) => Some(endpoint),
        None => block.text("endpoint")?,
    };
    location.use_fips = block.flag("use_fips_endpoint")?;
    location.use_dual_stack = block.flag("use_dualstack_endpoint")?;
    let mut found = ConfiguredState::at(StateLocation::S3(location));
    found.region = block.text("region")?;
    if !overrides.role {
        found.role = role(block, env)?;
    }
    Ok(found)
}

/// Rejects a source of credentials that would be ignored. The state would be read, or denied, with
/// other credentials than Terraform uses.
fn check_credentials(
    block: &BackendBlock,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<(), BackendError> {
    block.refuse(
        "assume_role_with_web_identity",
        "pass the role with --state-role ARN, which uses the OIDC token of the job",
    )?;
    for (name, variable) in CREDENTIAL_VARIABLES {
        check_variable(block, name, variable, env)?;
    }
    // In the environment, keys win over the profile.
    if block.is_set("profile")? && env("AWS_ACCESS_KEY_ID").is_some() {
        return Err(block.unsupported(
            "profile",
            "unset AWS_ACCESS_KEY_ID to use the profile, or remove the profile with --backend-config profile= to use the key",
        ));
    }
    Ok(())
}

/// Accepts a setting only if the variable with the same meaning has the same value.
fn check_variable(
    block: &BackendBlock,
    name: &str,
    variable: &str,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<(), BackendError> {
    if !block.is_set(name)? {
        return Ok(());
    }
    let value = match block.values.get(name).and_then(|value| value.as_array()) {
        Some(items) => match items.as_slice() {
            [single] => single.as_str().map(str::to_owned),
            _ => None,
        },
        None => block.text(name)?,
    };
    let set = env(variable).or_else(|| env(&variable.to_lowercase()));
    if value.is_some() && value == set {
        return Ok(());
    }
    let value = value.unwrap_or_else(|| "VALUE".to_owned());
    Err(block.unsupported(
        name,
        format!("set the variable {variable}={value}, or remove the setting with --backend-config {name}="),
    ))
}

/// Returns the role that the backend assumes.
fn role(
    block: &BackendBlock,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<Option<StateRole>, BackendError> {
    let nested = block.text_within("assume_role", "role_arn")?;
    let arn = match nested {
        Some(arn) => Some(arn),
        None => block.text("role_arn")?,
    };
    let Some(arn) = arn else {
        return Ok(None);
    };
    const HINT: &str = "pass a role that does not need it with --state-role ARN, or use `terraform output -json | tf-outputs --state -`";
    for (name, deprecated) in ROLE_SETTINGS {
        if block.is_set_within("assume_role", name)? {
            return Err(block.unsupported(format!("assume_role.{name}"), HINT));
        }
        if block.is_set(deprecated)? {
            return Err(block.unsupported(deprecated, HINT));
        }
    }
    check_sts(block, env)?;
    let session_name = match block.text_within("assume_role", "session_name")? {
        Some(name) => Some(name),
        None => block.text("session_name")?,
    };
    Ok(Some(StateRole { arn, session_name }))
}

/// Rejects a setting that changes the endpoint of STS, unless the variable sets the endpoint.
fn check_sts(
    block: &BackendBlock,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<(), BackendError> {
    if env("AWS_ENDPOINT_URL_STS").is_some() {
        return Ok(());
    }
    const HINT: &str = "set AWS_ENDPOINT_URL_STS to the URL of the STS endpoint";
    if block.is_set_within("endpoints", "sts")? {
        return Err(block.unsupported("endpoints.sts", HINT));
    }
    for name in [
        "sts_endpoint",
        "sts_region",
        "use_fips_endpoint",
        "use_dualstack_endpoint",
    ] {
        block.refuse(name, HINT)?;
    }
    Ok(())
}
