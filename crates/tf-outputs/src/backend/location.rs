//! Converts the values of a block to a location, for each backend as Terraform documents it.
//!
//! Decided here: which settings are supported. A setting that changes how the state is read is
//! either honored or rejected by name, never ignored.

use std::path::{Path, PathBuf};

use pipeline_io::Secret;
use reqwest::Url;
use serde_json::Value;

use super::block::BackendBlock;
use super::configured::{ConfiguredState, Overrides};
use super::error::BackendError;
use super::s3;
use crate::source::{HCP_HOST, HcpLocation, HcpWorkspace, HttpLocation, StateLocation};

/// Returns the location of the state.
pub fn of(
    block: &BackendBlock,
    directory: &Path,
    overrides: Overrides,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<ConfiguredState, BackendError> {
    match block.kind.as_str() {
        "local" => local(block, directory),
        "s3" => s3::location(block, overrides, env),
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
        (
            "client_ca_certificate_pem",
            "write the certificate to a file and set SSL_CERT_FILE to its path",
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
