//! Adds the AWS SDK's requests to the request log, by wrapping the SDK's HTTP client.
//!
//! An interceptor would know the service and the operation, but an `SdkConfig` does not accept
//! interceptors: each service's client would need its own, and the requests of credential providers
//! would be missing. So the wrapper reads the operation from the request's target or form, and the
//! service from the scope of its signature.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use reqwest::Url;

use crate::RequestLog;
use crate::request_log::address;

/// The longest text that counts as an error code, in bytes.
const CODE_LIMIT: usize = 100;

impl RequestLog {
    /// Wraps the AWS SDK's HTTP client so that each attempt of a request is logged.
    pub fn over(&self, client: SharedHttpClient) -> SharedHttpClient {
        if !self.is_on() {
            return client;
        }
        SharedHttpClient::new(Logged {
            client,
            log: self.clone(),
        })
    }
}

#[derive(Debug)]
struct Logged {
    client: SharedHttpClient,
    log: RequestLog,
}

impl HttpClient for Logged {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(LoggedConnector {
            connector: self.client.http_connector(settings, components),
            log: self.log.clone(),
        })
    }
}

#[derive(Debug)]
struct LoggedConnector {
    connector: SharedHttpConnector,
    log: RequestLog,
}

impl HttpConnector for LoggedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let exchange = self.log.begin(request.method(), || described(&request));
        let is_detailed = self.log.is_detailed();
        let call = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let mut response = match call.await {
                Ok(response) => response,
                Err(error) => {
                    exchange.failed(&error);
                    return Err(error);
                }
            };
            let status = response.status().as_u16();
            let code = if is_detailed && status >= 400 {
                read_code(&mut response).await?
            } else {
                None
            };
            let headers = response.headers();
            exchange.answered(status, code.as_deref(), |name| headers.get(name));
            Ok(response)
        })
    }
}

/// `ecs DescribeServices`, or the host and the path if the request does not name an operation.
fn described(request: &HttpRequest) -> String {
    let headers = request.headers();
    let target = headers
        .get("x-amz-target")
        .and_then(|t| t.rsplit('.').next());
    let is_form = headers
        .get("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let form = request.body().bytes().filter(|_| is_form);
    let action = form
        .and_then(|body| std::str::from_utf8(body).ok())
        .and_then(|body| {
            body.split('&')
                .find_map(|pair| pair.strip_prefix("Action="))
        });
    let url = Url::parse(request.uri());
    let host = url.as_ref().ok().and_then(Url::host_str);
    match (target.or(action), &url) {
        (Some(operation), _) => {
            let scope = headers.get("authorization").and_then(service);
            let service = scope.or(host).unwrap_or("AWS");
            format!("{service} {operation}")
        }
        (None, Ok(url)) => address(url),
        (None, Err(_)) => "an invalid URL".to_owned(),
    }
}

/// The service in a signature's scope: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn service(authorization: &str) -> Option<&str> {
    let scope = authorization.split_once("Credential=")?.1;
    let scope = scope.split([',', ' ']).next()?;
    let name = scope.strip_suffix("/aws4_request")?.rsplit('/').next()?;
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_name.then_some(name)
}

/// The error code in a response. The body is put back as it was.
async fn read_code(response: &mut HttpResponse) -> Result<Option<String>, ConnectorError> {
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let read = ByteStream::new(body).collect().await;
    let bytes = read
        .map_err(|error| ConnectorError::io(error.into()))?
        .into_bytes();
    let code = code(&String::from_utf8_lossy(&bytes)).map(str::to_owned);
    *response.body_mut() = SdkBody::from(bytes);
    Ok(code)
}

/// The code in an error document of AWS, which is JSON or XML.
fn code(document: &str) -> Option<&str> {
    let in_xml = || Some(document.split_once("<Code>")?.1.split_once('<')?.0);
    let in_json = || {
        let after = document.split_once("\"__type\"")?.1;
        let named = after.split('"').nth(1)?;
        named.rsplit('#').next()
    };
    let is_code = |code: &&str| {
        let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b':';
        !code.is_empty() && code.len() <= CODE_LIMIT && code.bytes().all(is_part)
    };
    in_json().or_else(in_xml).filter(is_code)
}

#[cfg(test)]
#[path = "aws_log_tests.rs"]
mod tests;
