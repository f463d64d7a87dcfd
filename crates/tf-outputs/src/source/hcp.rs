//! Reads the current outputs of a workspace from the API of HCP Terraform or Terraform Enterprise.

mod discovery;
pub mod token;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline_http::RequestLog;
use pipeline_io::{Secret, Step};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tf_state::StateDocument;

use super::location::{HcpLocation, HcpWorkspace, StateLocation};
use super::retry::{request_log, with_retries};
use crate::error::{RemoteError, RemoteErrorKind};
use crate::{Error, error};

/// Outputs per page, the maximum of the API.
const PAGE_SIZE: u32 = 100;

/// Maximum number of pages, in case a server returns pages without end.
const MAX_PAGES: u32 = 100;

/// Maximum size of a response, in bytes.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

const SEGMENT_ESCAPES: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

#[derive(Deserialize)]
struct Response<T> {
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

/// Reads the outputs. The values of sensitive outputs are read only with `include_sensitive`, with one
/// request each.
///
/// # Errors
/// There is no token, or the API does not return the outputs.
pub async fn read(
    location: &HcpLocation,
    token: Option<&Secret>,
    include_sensitive: bool,
    step: &Step,
) -> Result<StateDocument, Error> {
    let shown = StateLocation::Hcp(location.clone()).to_string();
    let HcpWorkspace::Named(workspace) = &location.workspace else {
        return Err(error::usage(format!(
            "{shown} contains no workspace: add --workspace NAME"
        )));
    };
    let Some(token) = token else {
        let variable = token::variable(&location.host);
        return Err(RemoteError::new(RemoteErrorKind::Denied, shown, "no token for this host")
            .hint(format!(
                "set FARGATE_STATE_TOKEN or {variable}, use --state-token-file FILE, or run `terraform login`"
            ))
            .into());
    };
    let client = pipeline_http::client()?;
    let requests = request_log(step);
    let base = with_retries(step, async || {
        discovery::api_url(&location.host, &shown, &client, &requests).await
    });
    let api = Api {
        base: base.await?,
        client,
        requests,
        token,
        shown,
        step,
    };
    let part = |text: &str| utf8_percent_encode(text, SEGMENT_ESCAPES).to_string();
    let path = format!(
        "organizations/{}/workspaces/{}",
        part(&location.organization),
        part(workspace)
    );
    let found: Response<Workspace> = api.get(&path).await?;
    let mut entries = Map::new();
    let mut next = Some(1);
    while let Some(page) = next.filter(|page| *page <= MAX_PAGES) {
        let path = format!(
            "workspaces/{}/current-state-version-outputs?page%5Bnumber%5D={page}&page%5Bsize%5D={PAGE_SIZE}",
            part(&found.data.id)
        );
        let listed: Response<Vec<ListedOutput>> = api.get(&path).await?;
        next = listed
            .meta
            .and_then(|meta| meta.pagination)
            .and_then(|pages| pages.next_page);
        for output in listed.data {
            let mut attributes = output.attributes;
            if attributes.sensitive && include_sensitive {
                let path = format!("state-version-outputs/{}", part(&output.id));
                let single: Response<ListedOutput> = api.get(&path).await?;
                attributes.value = single.data.attributes.value;
            }
            let entry = json!({"value": attributes.value, "sensitive": attributes.sensitive});
            entries.insert(attributes.name, entry);
        }
    }
    // The outputs get the same checks as those of any other state.
    let text = Value::Object(entries).to_string();
    tf_state::read(text.as_bytes()).map_err(|source| Error::State {
        location: api.shown,
        source,
    })
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
        with_retries(self.step, async || self.get_once(url.clone()).await).await
    }

    async fn get_once<T: for<'de> Deserialize<'de>>(&self, url: Url) -> Result<T, Error> {
        let shown = &self.shown;
        let request = self.client.get(url).bearer_auth(self.token.reveal());
        let mut response = self
            .requests
            .send(request)
            .await
            .map_err(|error| RemoteError::no_answer(shown, error))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => {
                return Err(RemoteError::new(RemoteErrorKind::Denied, shown, "the token was rejected")
                    .hint("the token may have expired: create a new one in the settings of the organization or the user")
                    .into());
            }
            StatusCode::FORBIDDEN => {
                return Err(RemoteError::new(
                    RemoteErrorKind::Denied,
                    shown,
                    "the token is not allowed to read the outputs",
                )
                .hint("allow \"Read state outputs\" on the workspace for the team of the token")
                .into());
            }
            // The API also returns this if the token is not allowed to see the workspace.
            StatusCode::NOT_FOUND => {
                return Err(RemoteError::new(
                    RemoteErrorKind::Absent,
                    shown,
                    "the workspace does not exist, has no state yet, or the token is not allowed to read its outputs",
                )
                .hint("check the names, and allow \"Read state outputs\" on the workspace for the team of the token")
                .into());
            }
            status => return Err(RemoteError::status(shown, status, None).into()),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| RemoteError::no_answer(shown, error))?
        {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                let problem = format!("the response is larger than {ANSWER_LIMIT} bytes");
                return Err(RemoteError::new(RemoteErrorKind::Invalid, shown, problem).into());
            }
            body.extend_from_slice(&chunk);
        }
        // The message of serde would quote the response, which may contain a value.
        serde_json::from_slice(&body).map_err(|source| {
            let problem = format!(
                "unexpected response from the API (line {}, column {})",
                source.line(),
                source.column()
            );
            RemoteError::new(RemoteErrorKind::Invalid, shown, problem).into()
        })
    }
}
