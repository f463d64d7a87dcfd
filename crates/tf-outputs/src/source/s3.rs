//! A state from S3, with the requests signed here: one GET, in the bucket's own region.

use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials as _;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline_aws::{AwsArgs, Session};
use pipeline_http::RequestLog;
use pipeline_io::Step;
use reqwest::{Client, Response, StatusCode, Url};
use tf_state::Document;

use super::address::{S3StateLocation, StateLocation};
use super::attempt::{repeatedly, request_log};
use super::s3_error::{self, S3Error};
use super::{sigv4, stream};
use crate::error::{Kind, Remote};
use crate::{Error, error};

/// Reads the state.
pub async fn read(
    place: &S3StateLocation,
    aws: &AwsArgs,
    backend_role: Option<&str>,
    step: &Step,
) -> Result<Document, Error> {
    let session = Session::open(aws, step).await?;
    let session = match backend_role {
        Some(role) => session.assume(role, aws, step).await?,
        None => session,
    };
    let config = session.config();
    let endpoint = aws.endpoint_url.clone().or_else(|| place.endpoint.clone());
    let mut bucket = Bucket {
        client: pipeline_http::builder()?
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Remote::no_answer(&place.bucket, error))?,
        requests: request_log(step),
        config,
        endpoint: endpoint.or_else(|| configured_endpoint(config)),
        region: session.region().to_owned(),
        name: &place.bucket,
    };
    let shown = StateLocation::S3(place.clone()).to_string();
    repeatedly(step, async || {
        let answer = bucket.get(&place.object_key(), "", &shown).await?;
        if answer.status() == StatusCode::OK {
            return stream::read(answer)
                .await
                .map_err(|source| Error::body(&shown, source));
        }
        let refusal = S3Error::of(answer).await;
        let nearby = if refusal.is_absent_key() {
            bucket.nearby(place).await
        } else {
            Vec::new()
        };
        Err(s3_error::explain(&refusal, place, &bucket.region, &nearby).into())
    })
    .await
}

/// The endpoint for S3 from AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile.
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
    endpoint: Option<String>,
    /// The bucket's region, corrected by what S3 answers.
    region: String,
    name: &'a str,
}

/// A path is signed as it is sent: everything but S3's unreserved characters is escaped once.
const KEY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

const QUERY: &AsciiSet = &KEY.add(b'/');

impl Bucket<'_> {
    /// Gets a key, or with a query and an empty key a list. S3 names a bucket's region when it is
    /// asked elsewhere; then it is asked there.
    async fn get(&mut self, key: &str, query: &str, shown: &str) -> Result<Response, Error> {
        let answer = self.get_once(key, query, shown).await?;
        let elsewhere = matches!(answer.status().as_u16(), 301 | 302 | 307 | 308 | 400 | 403);
        let region = answer
            .headers()
            .get("x-amz-bucket-region")
            .and_then(|region| region.to_str().ok());
        match region {
            Some(region) if elsewhere && region != self.region => {
                region.clone_into(&mut self.region);
                self.get_once(key, query, shown).await
            }
            _ => Ok(answer),
        }
    }

    async fn get_once(&self, key: &str, query: &str, shown: &str) -> Result<Response, Error> {
        let url = self.url(key, query)?;
        let request = self.signed(&url).await.map_err(|source| {
            Remote::new(Kind::Denied, shown, "the request cannot be signed").source(source)
        })?;
        let request = reqwest::RequestBuilder::from_parts(self.client.clone(), request);
        let answer = self.requests.send(request).await;
        Ok(answer.map_err(|error| Remote::no_answer(shown, error))?)
    }

    fn url(&self, key: &str, query: &str) -> Result<Url, Error> {
        let path = utf8_percent_encode(key, KEY);
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{query}")
        };
        let text = match &self.endpoint {
            Some(endpoint) => format!(
                "{}/{}/{path}{query}",
                endpoint.trim_end_matches('/'),
                self.name
            ),
            None => {
                let host = self.aws_host();
                // A name with a dot or a capital has no certificate as a host.
                let as_host = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if self.name.chars().all(as_host) {
                    format!("https://{}.{host}/{path}{query}", self.name)
                } else {
                    format!("https://{host}/{}/{path}{query}", self.name)
                }
            }
        };
        let url = Url::parse(&text);
        url.map_err(|source| error::usage(format!("{text:?} is no address for S3: {source}")))
    }

    fn aws_host(&self) -> String {
        let region = &self.region;
        let suffix = match region {
            r if r.starts_with("cn-") => "amazonaws.com.cn",
            r if r.starts_with("us-isob-") => "sc2s.sgov.gov",
            r if r.starts_with("us-iso-") => "c2s.ic.gov",
            r if r.starts_with("eusc-") => "amazonaws.eu",
            _ => "amazonaws.com",
        };
        let fips = if self.config.use_fips() == Some(true) {
            "-fips"
        } else {
            ""
        };
        let dual = if self.config.use_dual_stack() == Some(true) {
            ".dualstack"
        } else {
            ""
        };
        format!("s3{fips}{dual}.{region}.{suffix}")
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

    /// What there is instead: the workspaces, or the keys beside the one that is not there. Nothing
    /// when listing is not allowed; it is only said, and never needed.
    async fn nearby(&mut self, place: &S3StateLocation) -> Vec<String> {
        let prefix = match &place.workspace {
            Some(_) => format!("{}/", place.workspace_key_prefix),
            None => place
                .key
                .rsplit_once('/')
                .map(|(folder, _)| format!("{folder}/"))
                .unwrap_or_default(),
        };
        let query = format!(
            "{}list-type=2&max-keys=50&prefix={}",
            if place.workspace.is_some() {
                "delimiter=%2F&"
            } else {
                ""
            },
            utf8_percent_encode(&prefix, QUERY)
        );
        match self.get("", &query, "").await {
            Ok(answer) if answer.status() == StatusCode::OK => {
                s3_error::listed(answer, &prefix, place.workspace.is_some()).await
            }
            _ => Vec::new(),
        }
    }
}
