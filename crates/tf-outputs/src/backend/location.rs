//! Converts the values of a block to a location, for each backend as Terraform documents it.
//!
//! Decided here: which settings are supported. A setting that changes how the state is read is
//! either honored or rejected by name, never ignored.

use std::path::{Path, PathBuf};

use pipeline_io::Secret;
use reqwest::Url;
use serde_json::Value;

use super::block::BackendBlock;
use super::configured::ConfiguredState;
use super::error::BackendError;
use crate::source::{
    HCP_HOST, HcpLocation, HcpWorkspace, HttpLocation, S3StateLocation, StateLocation,
};

/// Returns the location of the state.
pub fn of(
    block: &BackendBlock,
    directory: &Path,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<ConfiguredState, BackendError> {
    match block.kind.as_str() {
        "local" => local(block, directory),
        "s3" => s3(block),
        "http" => http(block, env),
        "remote" | "cloud" => hcp(block, env),
        _ => Err(BackendError::Backend {
            location: block.location.clone(),
            kind: block.kind.clone(),
        }),
    }
}

fn local(block: &BackendBlock, directory: &Path) -> Result<ConfiguredState, BackendError> {
    block.refuse(
        "workspace_dir",
        "pass the state file of the workspace with --state FILE",
    )?;
    let path = block.text("path")?;
    let path = path.map_or_else(|| PathBuf::from("terraform.tfstate"), PathBuf::from);
    Ok(ConfiguredState::at(StateLocation::File(
        directory.join(path),
    )))
}

fn s3(block: &BackendBlock) -> Result<ConfiguredState, BackendError> {
    for (name, hint) in [
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
            "assume_role_with_web_identity",
            "pass the role with --state-role ARN, which uses the OIDC token of the job",
        ),
    ] {
        block.refuse(name, hint)?;
    }
    let mut location =
        S3StateLocation::new(block.required_text("bucket")?, block.required_text("key")?);
    if let Some(prefix) = block.text("workspace_key_prefix")? {
        prefix
            .trim_matches('/')
            .clone_into(&mut location.workspace_key_prefix);
    }
    location.endpoint = match block.text_within("endpoints", "s3")? {
        Some(endpoint) => Some(endpoint),
        None => block.text("endpoint")?,
    };
    let role = match block.text_within("assume_role", "role_arn")? {
        Some(role) => Some(role),
        None => block.text("role_arn")?,
    };
    let mut found = ConfiguredState::at(StateLocation::S3(location));
    found.region = block.text("region")?;
    found.role = role;
    Ok(found)
}

fn http(
    block: &BackendBlock,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<ConfiguredState, BackendError> {
    for (name, hint) in [
        (
            "skip_cert_verification",
            "set SSL_CERT_FILE to the certificate of the CA that signed the server's certificate",
        ),
        (
            "client_certificate_pem",
            "use `terraform output -json | tf-outputs --state -`",
        ),
    ] {
        block.refuse(name, hint)?;
    }
    let address = match block.text("address")? {
        Some(address) => address,
        None => env("TF_HTTP_ADDRESS").ok_or_else(|| block.missing("address"))?,
    };
    let url = Url::parse(&address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let mut url = url.ok_or_else(|| BackendError::Kind {
        location: block.location.clone(),
        kind: block.kind.clone(),
        name: "address".to_owned(),
        wanted: "an http:// or https:// URL",
    })?;
    // Errors and results show the URL, so it must not contain the user or the password.
    let of_address = (url.username().to_owned(), url.password().map(str::to_owned));
    if url
        .set_username("")
        .and_then(|()| url.set_password(None))
        .is_err()
    {
        return Err(block.missing("address"));
    }
    let mut found = ConfiguredState::at(StateLocation::Http(HttpLocation { url }));
    found.username = block
        .text("username")?
        .or(Some(of_address.0).filter(|name| !name.is_empty()));
    found.password = block.text("password")?.or(of_address.1).map(Secret::new);
    Ok(found)
}

fn hcp(
    block: &BackendBlock,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<ConfiguredState, BackendError> {
    let host = block.text("hostname")?.or_else(|| env("TF_CLOUD_HOSTNAME"));
    let organization = block
        .text("organization")?
        .or_else(|| env("TF_CLOUD_ORGANIZATION"));
    let workspace = match block.text_within("workspaces", "name")? {
        Some(name) => HcpWorkspace::Named(name),
        None => HcpWorkspace::Prefixed(
            block
                .text_within("workspaces", "prefix")?
                .unwrap_or_default(),
        ),
    };
    if let Some(Value::Array(_)) = block.values.get("workspaces") {
        return Err(block.missing("workspaces"));
    }
    let mut found = ConfiguredState::at(StateLocation::Hcp(HcpLocation {
        host: host.unwrap_or_else(|| HCP_HOST.to_owned()),
        organization: organization.ok_or_else(|| block.missing("organization"))?,
        workspace,
    }));
    found.token = block.text("token")?.map(Secret::new);
    Ok(found)
}
