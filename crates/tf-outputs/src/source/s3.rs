//! Reads a state from S3 with one GET request, in the region of the bucket.
//!
//! Decided here: the credentials, the region and the signature of a request. The host is decided in
//! `endpoint`, and what an error of S3 means in `s3_error`.

mod endpoint;

use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials as _;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use endpoint::{QUERY_ESCAPES, S3Endpoint};
use percent_encoding::utf8_percent_encode;
use pipeline_aws::{AwsArgs, Session};
use pipeline_http::RequestLog;
use pipeline_io::Step;
use reqwest::{Client, Response, StatusCode, Url};
use tf_state::StateDocument;

use super::access_point::AccessPoint;
use super::location::{S3StateLocation, StateLocation};
use super::retry::{request_log, with_retries};
use super::role::StateRole;
use super::s3_error::{self, S3Error};
use super::{sigv4, stream};
use crate::error::RemoteError;
use crate::{Error, error};

/// Reads the state.
///
/// # Errors
/// There are no credentials, or S3 does not return a state with valid outputs.
pub async fn read(
    location: &S3StateLocation,
    aws: &AwsArgs,
    backend_role: Option<&StateRole>,
    step: &Step,
) -> Result<StateDocument, Error> {
    let session = Session::open(aws, step).await?;
    let session = match backend_role {
        Some(role) => {
            let mut aws = aws.clone();
            aws.role_session_name = role.session_name.clone().or(aws.role_session_name);
            session.assume(&role.arn, &aws, step).await?
        }
        None => session,
    };
    let config = session.config();
    let access_point = AccessPoint::parse(&location.bucket).map_err(error::usage)?;
    let region = match &access_point {
        Some(point) => point.region.clone(),
        None => session.region().to_owned(),
    };
    let custom_url = aws.endpoint_url.clone().or(location.endpoint.clone());
    let mut bucket = Bucket {
        client: pipeline_http::builder()?
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| RemoteError::no_answer(&location.bucket, error))?,
        requests: request_log(step),
        config,
        endpoint: S3Endpoint {
            custom_url: custom_url.or_else(|| configured_endpoint(config)),
            bucket: &location.bucket,
            access_point,
            use_fips: location.use_fips || config.use_fips() == Some(true),
            use_dual_stack: location.use_dual_stack || config.use_dual_stack() == Some(true),
        },
        region,
    };
    let shown = StateLocation::S3(location.clone()).to_string();
    with_retries(step, async || {
        let response = bucket.get(&location.object_key(), "", &shown).await?;
        if response.status() == StatusCode::OK {
            return stream::read(response)
                .await
                .map_err(|source| Error::body(&shown, source));
        }
        let refusal = S3Error::of(response).await;
        let nearby = if refusal.is_absent_key() {
            bucket.nearby(location).await
        } else {
            Vec::new()
        };
        Err(s3_error::explain(&refusal, location, &bucket.region, &nearby).into())
    })
    .await
}

/// Returns the endpoint for S3 from AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile.
fn configured_endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok();
    let of_service = config
        .service_config()
        .zip(key)
        .and_then(|(loader, key)| loader.load_config(key));
    of_service.or_else(|| config.endpoint_url().map(str::to_owned))
}

struct Bucket<'a> {
    client: Client,
    requests: RequestLog,
    config: &'a SdkConfig,
    endpoint: S3Endpoint<'a>,
    /// The region of the bucket. It is corrected if S3 responds with another one.
    region: String,
}

impl Bucket<'_> {
    /// Gets a key, or a list if the key is empty and there is a query. In a wrong region, S3 responds
    /// with the region of the bucket, and the request is repeated there.
    async fn get(&mut self, key: &str, query: &str, shown: &str) -> Result<Response, Error> {
        let response = self.get_once(key, query, shown).await?;
        let elsewhere = matches!(
            response.status().as_u16(),
            301 | 302 | 307 | 308 | 400 | 403
        );
        let region = response
            .headers()
            .get("x-amz-bucket-region")
            .and_then(|region| region.to_str().ok());
        match region {
            Some(region) if elsewhere && region != self.region => {
                region.clone_into(&mut self.region);
                self.get_once(key, query, shown).await
            }
            _ => Ok(response),
        }
    }

    async fn get_once(&self, key: &str, query: &str, shown: &str) -> Result<Response, Error> {
        let url = self.endpoint.url(&self.region, key, query)?;
        let request = self
            .signed(&url)
            .await
            .map_err(|source| RemoteError::unsigned(shown, source))?;
        let request = reqwest::RequestBuilder::from_parts(self.client.clone(), request);
        let response = self.requests.send(request).await;
        Ok(response.map_err(|error| RemoteError::no_answer(shown, error))?)
    }

    async fn signed(
        &self,
        url: &Url,
    ) -> Result<reqwest::Request, Box<dyn std::error::Error + Send + Sync>> {
        let provider = self.config.credentials_provider().ok_or("no credentials")?;
        let credentials = provider.provide_credentials().await?;
        let request = sigv4::get(url, credentials, &self.region, SystemTime::now())?;
        Ok(request.try_into()?)
    }

    /// Returns the names that exist: workspaces, or the keys beside the missing one. The list is only
    /// for the hint, so it is empty if listing is not allowed.
    async fn nearby(&mut self, location: &S3StateLocation) -> Vec<String> {
        let prefix = match &location.workspace {
            Some(_) => format!("{}/", location.workspace_key_prefix),
            None => location
                .key
                .rsplit_once('/')
                .map(|(directory, _)| format!("{directory}/"))
                .unwrap_or_default(),
        };
        let query = format!(
            "{}list-type=2&max-keys=50&prefix={}",
            if location.workspace.is_some() {
                "delimiter=%2F&"
            } else {
                ""
            },
            utf8_percent_encode(&prefix, QUERY_ESCAPES)
        );
        match self.get("", &query, "").await {
            Ok(response) if response.status() == StatusCode::OK => {
                s3_error::listed(response, &prefix, location.workspace.is_some()).await
            }
            _ => Vec::new(),
        }
    }
}
