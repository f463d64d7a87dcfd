//! Terraform's HTTP backend: one GET. GitLab-managed states are this with the job's token.

use std::fmt;

use pipeline_io::{Ci, JobToken, Secret, Step};
use reqwest::StatusCode;
use tf_state::Document;

use super::address::{HttpLocation, StateLocation};
use super::attempt::{repeatedly, request_log};
use super::{hcp, stream};
use crate::Error;
use crate::error::{Kind, Remote};

/// What a server is told about who asks.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// Sent as `Authorization: Bearer`; it comes before user and password.
    pub token: Option<Secret>,
}

/// How the request is authorised: shown in an error, so that a person sees what was tried.
enum Authorization<'a> {
    Bearer(&'a Secret),
    Basic(&'a str, Option<&'a Secret>),
    None,
}

impl Credentials {
    /// Adds what the surroundings offer for this place, where nothing was given.
    pub fn complete(&mut self, place: &StateLocation, env: &impl Fn(&str) -> Option<String>) {
        match place {
            StateLocation::Http(place) if self.token.is_none() && self.password.is_none() => {
                let ci = Ci::detect(env);
                if let Some(own) = ci.job().job_token.as_ref().filter(|own| keeps(own, place)) {
                    self.username = Some(own.username.to_owned());
                    self.password = Some(own.token.clone());
                }
            }
            StateLocation::Hcp(place) if self.token.is_none() => {
                self.token = hcp::token(&place.host, env)
            }
            _ => {}
        }
    }

    /// Whether there is a password that could not be sent.
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

/// Whether the place is a state that the server of the job's own token keeps: no other server is
/// sent the token.
fn keeps(own: &JobToken, place: &HttpLocation) -> bool {
    let Ok(api) = reqwest::Url::parse(&own.api) else {
        return false;
    };
    let path = place.url.path();
    api.origin() == place.url.origin()
        && path.starts_with(api.path())
        && path.contains("/terraform/state/")
}

/// Reads the state.
pub async fn read(
    place: &HttpLocation,
    credentials: &Credentials,
    step: &Step,
) -> Result<Document, Error> {
    let client = pipeline_http::client()?;
    let requests = request_log(step);
    let shown = StateLocation::Http(place.clone()).to_string();
    let authorization = credentials.authorization();
    repeatedly(step, async || {
        let request = client.get(place.url.clone());
        let request = match &authorization {
            Authorization::Bearer(token) => request.bearer_auth(token.reveal()),
            Authorization::Basic(username, password) => {
                request.basic_auth(username, password.map(Secret::reveal))
            }
            Authorization::None => request,
        };
        let answer = requests
            .send(request)
            .await
            .map_err(|error| Remote::no_answer(&shown, error))?;
        match answer.status() {
            StatusCode::OK => stream::read(answer)
                .await
                .map_err(|source| Error::body(&shown, source)),
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => {
                Err(absent(&shown, answer.status()).into())
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(denied(&shown, status, &authorization).into())
            }
            status => Err(Remote::status(&shown, status, None).into()),
        }
    })
    .await
}

fn absent(place: &str, status: StatusCode) -> Remote {
    Remote::new(Kind::Absent, place, format!("there is no state (HTTP {})", status.as_u16()))
        .hint("check the state's name in the address and that it was applied once; some servers also hide what a token may not see")
}

fn denied(place: &str, status: StatusCode, tried: &Authorization<'_>) -> Remote {
    Remote::new(Kind::Denied, place, format!("the server answered {status} to {tried}")).hint(
        "give --state-username with the variable FARGATE_STATE_PASSWORD, or a token in FARGATE_STATE_TOKEN; \
         a GitLab job reads its own project's states without either, others if they allow its job token",
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
