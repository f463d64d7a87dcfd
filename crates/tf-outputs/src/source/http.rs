//! Reads a state from an HTTP backend with one GET request. GitLab-managed states use the token of the
//! job.

use std::fmt;

use pipeline_io::{Ci, JobToken, Secret, Step};
use reqwest::StatusCode;
use tf_state::StateDocument;

use super::location::{HttpLocation, StateLocation};
use super::retry::{request_log, with_retries};
use super::{hcp, stream};
use crate::Error;
use crate::error::{RemoteError, RemoteErrorKind};

/// The credentials for an HTTP backend or HCP Terraform.
#[derive(Clone, Debug, Default)]
pub struct StateCredentials {
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// Sent as `Authorization: Bearer`. If there is a token, user and password are not sent.
    pub token: Option<Secret>,
}

/// How a request is authorized. Errors show it, without secrets.
enum Authorization<'a> {
    Bearer(&'a Secret),
    Basic(&'a str, Option<&'a Secret>),
    None,
}

impl StateCredentials {
    /// Adds credentials for this location from the environment if the user gave none.
    pub fn complete(&mut self, location: &StateLocation, env: &impl Fn(&str) -> Option<String>) {
        match location {
            StateLocation::Http(location) if self.token.is_none() && self.password.is_none() => {
                let ci = Ci::detect(env);
                if let Some(own) = ci
                    .job()
                    .job_token
                    .as_ref()
                    .filter(|own| is_issuer_of(own, location))
                {
                    self.username = Some(own.username.to_owned());
                    self.password = Some(own.token.clone());
                }
            }
            StateLocation::Hcp(location) if self.token.is_none() => {
                self.token = hcp::token::find(&location.host, env)
            }
            _ => {}
        }
    }

    /// Whether there is a password, but no user name to send it with.
    pub fn lacks_user(&self) -> bool {
        self.token.is_none() && self.password.is_some() && self.username.is_none()
    }

    fn authorization(&self) -> Authorization<'_> {
        match (&self.token, &self.username) {
            (Some(token), _) => Authorization::Bearer(token),
            (None, Some(username)) => Authorization::Basic(username, self.password.as_ref()),
            (None, None) => Authorization::None,
        }
    }
}

/// Whether this is a state on the server that issued the job's token. No other server gets the token.
fn is_issuer_of(own: &JobToken, location: &HttpLocation) -> bool {
    let Ok(api) = reqwest::Url::parse(&own.api) else {
        return false;
    };
    let path = location.url.path();
    api.origin() == location.url.origin()
        && path.starts_with(api.path())
        && path.contains("/terraform/state/")
}

/// Reads the state.
///
/// # Errors
/// The server does not return a state, or the state has no valid outputs.
pub async fn read(
    location: &HttpLocation,
    credentials: &StateCredentials,
    step: &Step,
) -> Result<StateDocument, Error> {
    let client = pipeline_http::client()?;
    let requests = request_log(step);
    let shown = StateLocation::Http(location.clone()).to_string();
    let authorization = credentials.authorization();
    with_retries(step, async || {
        let request = client.get(location.url.clone());
        let request = match &authorization {
            Authorization::Bearer(token) => request.bearer_auth(token.reveal()),
            Authorization::Basic(username, password) => {
                request.basic_auth(username, password.map(Secret::reveal))
            }
            Authorization::None => request,
        };
        let response = requests
            .send(request)
            .await
            .map_err(|error| RemoteError::no_answer(&shown, error))?;
        match response.status() {
            StatusCode::OK => stream::read(response)
                .await
                .map_err(|source| Error::body(&shown, source)),
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => {
                Err(no_state(&shown, response.status()).into())
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(denied(&shown, status, &authorization).into())
            }
            status => Err(RemoteError::status(&shown, status, None).into()),
        }
    })
    .await
}

fn no_state(location: &str, status: StatusCode) -> RemoteError {
    RemoteError::new(RemoteErrorKind::Absent, location, format!("there is no state (HTTP {})", status.as_u16()))
        .hint("check the name of the state in the URL, and run `terraform apply`; some servers also respond like this if access is denied")
}

fn denied(location: &str, status: StatusCode, tried: &Authorization<'_>) -> RemoteError {
    RemoteError::new(RemoteErrorKind::Denied, location, format!("the server responded with HTTP {status} to {tried}")).hint(
        "use --state-username with the variable FARGATE_STATE_PASSWORD, or set FARGATE_STATE_TOKEN; \
         a GitLab job needs neither for its own project, and for other projects only their permission for its job token",
    )
}

impl fmt::Display for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Authorization::Bearer(_) => f.write_str("a token"),
            Authorization::Basic(username, Some(_)) => write!(f, "user {username} with a password"),
            Authorization::Basic(username, None) => write!(f, "user {username} without a password"),
            Authorization::None => f.write_str("a request without credentials"),
        }
    }
}
