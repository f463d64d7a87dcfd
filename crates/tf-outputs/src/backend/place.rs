//! From a block's values to a place: one backend after the other, as its documentation has it.

use std::path::{Path, PathBuf};

use pipeline_io::Secret;
use reqwest::Url;
use serde_json::Value;

use super::block::Block;
use super::error::BackendError;
use super::found::Found;
use crate::source::{
    HCP_HOST, HcpLocation, HcpWorkspace, HttpLocation, S3StateLocation, StateLocation,
};

/// The state's place.
pub fn of(
    block: &Block,
    folder: &Path,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<Found, BackendError> {
    match block.kind.as_str() {
        "local" => local(block, folder),
        "s3" => s3(block),
        "http" => http(block, env),
        "remote" | "cloud" => hcp(block, env),
        _ => Err(BackendError::Backend {
            place: block.place.clone(),
            kind: block.kind.clone(),
        }),
    }
}

fn local(block: &Block, folder: &Path) -> Result<Found, BackendError> {
    block.refuse(
        "workspace_dir",
        "give the file of the workspace's state with --state",
    )?;
    let path = block.text("path")?;
    let path = path.map_or_else(|| PathBuf::from("terraform.tfstate"), PathBuf::from);
    Ok(Found::at(StateLocation::File(folder.join(path))))
}

fn s3(block: &Block) -> Result<Found, BackendError> {
    for (name, hint) in [
        (
            "access_key",
            "give credentials in the environment, never in a configuration",
        ),
        (
            "secret_key",
            "give credentials in the environment, never in a configuration",
        ),
        (
            "sse_customer_key",
            "a state under a customer's key is read by `terraform output -json | tf-outputs --state -`",
        ),
        (
            "assume_role_with_web_identity",
            "give the role with --state-role: the job's own OIDC token is used",
        ),
    ] {
        block.refuse(name, hint)?;
    }
    let mut place = S3StateLocation::new(block.needed("bucket")?, block.needed("key")?);
    if let Some(prefix) = block.text("workspace_key_prefix")? {
        prefix
            .trim_matches('/')
            .clone_into(&mut place.workspace_key_prefix);
    }
    place.endpoint = match block.text_within("endpoints", "s3")? {
        Some(endpoint) => Some(endpoint),
        None => block.text("endpoint")?,
    };
    let role = match block.text_within("assume_role", "role_arn")? {
        Some(role) => Some(role),
        None => block.text("role_arn")?,
    };
    let mut found = Found::at(StateLocation::S3(place));
    found.region = block.text("region")?;
    found.role = role;
    Ok(found)
}

fn http(block: &Block, env: &impl Fn(&str) -> Option<String>) -> Result<Found, BackendError> {
    for (name, hint) in [
        (
            "skip_cert_verification",
            "set SSL_CERT_FILE to the certificate that the server's is signed with",
        ),
        (
            "client_certificate_pem",
            "client certificates are not sent: use `terraform output -json | tf-outputs --state -`",
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
        place: block.place.clone(),
        kind: block.kind.clone(),
        name: "address".to_owned(),
        wanted: "an http:// or https:// address",
    })?;
    // In a file such an address is no leak of ours; in errors and results it would be one.
    let of_address = (url.username().to_owned(), url.password().map(str::to_owned));
    if url
        .set_username("")
        .and_then(|()| url.set_password(None))
        .is_err()
    {
        return Err(block.missing("address"));
    }
    let mut found = Found::at(StateLocation::Http(HttpLocation { url }));
    found.username = block
        .text("username")?
        .or(Some(of_address.0).filter(|name| !name.is_empty()));
    found.password = block.text("password")?.or(of_address.1).map(Secret::new);
    Ok(found)
}

fn hcp(block: &Block, env: &impl Fn(&str) -> Option<String>) -> Result<Found, BackendError> {
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
    let mut found = Found::at(StateLocation::Hcp(HcpLocation {
        host: host.unwrap_or_else(|| HCP_HOST.to_owned()),
        organization: organization.ok_or_else(|| block.missing("organization"))?,
        workspace,
    }));
    found.token = block.text("token")?.map(Secret::new);
    Ok(found)
}
