//! HCP Terraform and Terraform Enterprise: a workspace's current outputs, as their API lists them.

use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline_http::RequestLog;
use pipeline_io::{Secret, Step};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tf_state::Document;

use super::address::{HcpLocation, HcpWorkspace, StateLocation};
use super::attempt::{repeatedly, request_log};
use crate::error::{Kind, Remote};
use crate::{Error, error};

/// Outputs on one page: the API's largest.
const PAGE: u32 = 100;

/// Pages that are read at most, in case a server never ends its list.
const PAGES: u32 = 100;

/// The largest answer that is read, in bytes.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

const PATH_PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Pagination {
    next_page: Option<u32>,
}

#[derive(Deserialize)]
struct Workspace {
    id: String,
}

#[derive(Deserialize)]
struct ListedOutput {
    id: String,
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    name: String,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    value: Value,
}

/// A token for this host: as Terraform looks for it, in TF_TOKEN_HOST and in the file that
/// `terraform login` writes.
pub fn token(host: &str, env: &impl Fn(&str) -> Option<String>) -> Option<Secret> {
    // Terraform's own rule: dots become `_`, hyphens `__`.
    let name = host.replace('.', "_").replace('-', "__");
    if let Some(token) = env(&format!("TF_TOKEN_{name}")) {
        return Some(Secret::new(token.trim()));
    }
    let path = PathBuf::from(env("HOME")?).join(".terraform.d/credentials.tfrc.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    let token = file["credentials"][host]["token"].as_str()?;
    Some(Secret::new(token))
}

/// Reads the outputs; the values of sensitive ones only if they are wanted, each by a request.
pub async fn read(
    place: &HcpLocation,
    token: Option<&Secret>,
    include_sensitive: bool,
    step: &Step,
) -> Result<Document, Error> {
    let shown = StateLocation::Hcp(place.clone()).to_string();
    let HcpWorkspace::Named(workspace) = &place.workspace else {
        return Err(error::usage(format!(
            "{shown} names no workspace: give --workspace"
        )));
    };
    let Some(token) = token else {
        let name = place.host.replace('.', "_").replace('-', "__");
        return Err(Remote::new(Kind::Denied, shown, "no token for it")
            .hint(format!(
                "set FARGATE_STATE_TOKEN or TF_TOKEN_{name}, name a file with --state-token-file, or run `terraform login`"
            ))
            .into());
    };
    let api = Api {
        client: pipeline_http::client()?,
        requests: request_log(step),
        base: base(&place.host)?,
        token,
        shown,
        step,
    };
    let part = |text: &str| utf8_percent_encode(text, PATH_PART).to_string();
    let path = format!(
        "organizations/{}/workspaces/{}",
        part(&place.organization),
        part(workspace)
    );
    let found: Answer<Workspace> = api.get(&path).await?;
    let mut entries = Map::new();
    let mut next = Some(1);
    while let Some(page) = next.filter(|page| *page <= PAGES) {
        let path = format!(
            "workspaces/{}/current-state-version-outputs?page%5Bnumber%5D={page}&page%5Bsize%5D={PAGE}",
            part(&found.data.id)
        );
        let listed: Answer<Vec<ListedOutput>> = api.get(&path).await?;
        next = listed
            .meta
            .and_then(|meta| meta.pagination)
            .and_then(|pages| pages.next_page);
        for output in listed.data {
            let mut attributes = output.attributes;
            if attributes.sensitive && include_sensitive {
                let path = format!("state-version-outputs/{}", part(&output.id));
                let single: Answer<ListedOutput> = api.get(&path).await?;
                attributes.value = single.data.attributes.value;
            }
            let entry = json!({"value": attributes.value, "sensitive": attributes.sensitive});
            entries.insert(attributes.name, entry);
        }
    }
    // The same checks as for any other text with outputs.
    let text = Value::Object(entries).to_string();
    tf_state::read(text.as_bytes()).map_err(|source| Error::State {
        place: api.shown,
        source,
    })
}

fn base(host: &str) -> Result<Url, Error> {
    // A loopback address is a stand-in on this machine: no name for a certificate, no network.
    let is_loopback = host.starts_with("127.0.0.1:") || host.starts_with("localhost:");
    let scheme = if is_loopback { "http" } else { "https" };
    Url::parse(&format!("{scheme}://{host}/api/v2/"))
        .map_err(|source| error::usage(format!("{host:?} is no host: {source}")))
}

struct Api<'a> {
    client: Client,
    requests: RequestLog,
    base: Url,
    token: &'a Secret,
    shown: String,
    step: &'a Step,
}

impl Api<'_> {
    async fn get<T: for<'de> Deserialize<'de>>(&self, path: &str) -> Result<T, Error> {
        let url = self
            .base
            .join(path)
            .map_err(|source| error::usage(format!("{}: {source}", self.shown)))?;
        repeatedly(self.step, async || self.get_once(url.clone()).await).await
    }

    async fn get_once<T: for<'de> Deserialize<'de>>(&self, url: Url) -> Result<T, Error> {
        let shown = &self.shown;
        let request = self.client.get(url).bearer_auth(self.token.reveal());
        let mut answer = self
            .requests
            .send(request)
            .await
            .map_err(|error| Remote::no_answer(shown, error))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => {
                return Err(Remote::new(Kind::Denied, shown, "the token is not accepted")
                    .hint("it may have expired: make a new one in the organization's or the user's settings")
                    .into());
            }
            StatusCode::FORBIDDEN => {
                return Err(
                    Remote::new(Kind::Denied, shown, "the token may not read its outputs")
                        .hint("the token's team needs \"Read state outputs\" on the workspace")
                        .into(),
                );
            }
            // The API says this too where a token may not see what is there.
            StatusCode::NOT_FOUND => {
                return Err(Remote::new(
                    Kind::Absent,
                    shown,
                    "no such workspace, no state in it yet, or the token may not read its outputs",
                )
                .hint("check the names; the token's team needs \"Read state outputs\" on the workspace")
                .into());
            }
            status => return Err(Remote::status(shown, status, None).into()),
        }
        let mut body = Vec::new();
        while let Some(piece) = answer
            .chunk()
            .await
            .map_err(|error| Remote::no_answer(shown, error))?
        {
            if body.len() + piece.len() > ANSWER_LIMIT {
                let problem = format!("an answer of more than {ANSWER_LIMIT} bytes");
                return Err(Remote::new(Kind::Invalid, shown, problem).into());
            }
            body.extend_from_slice(&piece);
        }
        // serde's words would quote the answer, and with it a value.
        serde_json::from_slice(&body).map_err(|source| {
            let problem = format!(
                "the answer is not what the API promises (line {}, column {})",
                source.line(),
                source.column()
            );
            Remote::new(Kind::Invalid, shown, problem).into()
        })
    }
}
