//! Service discovery: where the API of a host is, from its `/.well-known/terraform.json`.
//!
//! Decided here: which services are supported. HCP Terraform itself has a fixed path.

use pipeline_http::RequestLog;
use reqwest::{Client, StatusCode, Url};
use serde_json::Value;

use crate::error::{RemoteError, RemoteErrorKind};
use crate::source::location::HCP_HOST;
use crate::{Error, error};

/// The services whose API is the one of HCP Terraform, the preferred one first.
const SERVICES: [&str; 3] = ["tfe.v2.2", "tfe.v2.1", "tfe.v2"];

/// The path of the API if the host has no discovery document.
const DEFAULT_PATH: &str = "/api/v2/";

/// Returns the base URL of the API, which ends with a slash.
///
/// # Errors
/// The host is invalid, does not respond, or does not have this API.
pub async fn api_url(
    host: &str,
    shown: &str,
    client: &Client,
    requests: &RequestLog,
) -> Result<Url, Error> {
    let base = host_url(host)?;
    if host == HCP_HOST {
        return join(&base, DEFAULT_PATH, shown);
    }
    let request = client.get(join(&base, "/.well-known/terraform.json", shown)?);
    let response = requests
        .send(request)
        .await
        .map_err(|error| RemoteError::no_answer(shown, error))?;
    match response.status() {
        StatusCode::OK => {}
        // E.g. an emulator, or a proxy in front of the API.
        StatusCode::NOT_FOUND => return join(&base, DEFAULT_PATH, shown),
        status => return Err(RemoteError::status(shown, status, None).into()),
    }
    let origin = response.url().clone();
    let document: Value = response
        .json()
        .await
        .map_err(|_| no_service(shown, "the discovery document is not JSON"))?;
    let service = SERVICES
        .iter()
        .find_map(|service| document[*service].as_str())
        .ok_or_else(|| no_service(shown, "the host does not offer the API of HCP Terraform"))?;
    let url = join(
        &origin,
        &format!("{}/", service.trim_end_matches('/')),
        shown,
    )?;
    // The token must not be sent without encryption.
    if url.scheme() != "https" && url.origin() != base.origin() {
        return Err(no_service(shown, "the discovered URL is not an https:// URL").into());
    }
    Ok(url)
}

fn host_url(host: &str) -> Result<Url, Error> {
    // A loopback address is an emulator on the same machine, which has no certificate.
    let is_loopback = host.starts_with("127.0.0.1:") || host.starts_with("localhost:");
    let scheme = if is_loopback { "http" } else { "https" };
    Url::parse(&format!("{scheme}://{host}/"))
        .map_err(|source| error::usage(format!("{host:?} is not a valid host: {source}")))
}

fn join(base: &Url, path: &str, shown: &str) -> Result<Url, Error> {
    base.join(path)
        .map_err(|source| error::usage(format!("{shown}: {source}")))
}

fn no_service(shown: &str, problem: &str) -> RemoteError {
    RemoteError::new(RemoteErrorKind::Invalid, shown, problem)
        .hint("check the host: its /.well-known/terraform.json must contain the service tfe.v2")
}
