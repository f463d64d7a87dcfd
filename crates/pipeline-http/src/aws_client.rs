//! The HTTP client for the AWS SDK.
//!
//! Decided here: that it has the same certificate roots, resolver and proxies as the other clients, and
//! that its connection errors name the host and the reason. Never here: which requests are sent.

use std::sync::{Arc, OnceLock};

use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use reqwest::Url;

use crate::connect_error::{ConnectError, ConnectReason, host};
use crate::proxy::ProxyRules;
use crate::resolver::Resolver;
use crate::{ClientError, roots};

/// The client for the AWS SDK. It reads the certificate roots at the first `https://` request, because
/// reading takes milliseconds, and an emulator on `http://` does not need them.
pub fn aws_client() -> SharedHttpClient {
    SharedHttpClient::new(Clients::default())
}

/// One client for each combination of scheme and proxy, created when it is first needed.
#[derive(Debug, Clone, Default)]
struct Clients {
    rules: Arc<OnceLock<ProxyRules>>,
    plain: Arc<OnceLock<SharedHttpClient>>,
    plain_by_proxy: Arc<OnceLock<SharedHttpClient>>,
    encrypted: Arc<OnceLock<SharedHttpClient>>,
    encrypted_by_proxy: Arc<OnceLock<SharedHttpClient>>,
}

impl Clients {
    fn rules(&self) -> Result<&ProxyRules, ClientError> {
        match self.rules.get() {
            Some(rules) => Ok(rules),
            None => {
                let rules = ProxyRules::from_environment()?;
                Ok(self.rules.get_or_init(|| rules))
            }
        }
    }

    fn client(
        &self,
        is_encrypted: bool,
        proxy: Option<&Url>,
    ) -> Result<&SharedHttpClient, ClientError> {
        let client = match (is_encrypted, proxy.is_some()) {
            (false, false) => &self.plain,
            (false, true) => &self.plain_by_proxy,
            (true, false) => &self.encrypted,
            (true, true) => &self.encrypted_by_proxy,
        };
        match client.get() {
            Some(client) => Ok(client),
            None => {
                let created = create(is_encrypted, proxy)?;
                Ok(client.get_or_init(|| created))
            }
        }
    }
}

/// A client for plain connections has TLS, too, without roots: only a connector with TLS accepts our
/// resolver, and the C library must not resolve names.
fn create(is_encrypted: bool, proxy: Option<&Url>) -> Result<SharedHttpClient, ClientError> {
    let mut store = TrustStore::empty().with_native_roots(false);
    let is_proxy_encrypted = proxy.is_some_and(|proxy| proxy.scheme() == "https");
    if is_encrypted || is_proxy_encrypted {
        store = store.with_pem_certificate(roots::pem(&roots::load()?));
    }
    let context = TlsContext::builder().with_trust_store(store).build();
    let context = context.map_err(ClientError::client)?;
    let proxy = match proxy {
        Some(proxy) => ProxyConfig::all(proxy.as_str()).map_err(ClientError::client)?,
        None => ProxyConfig::disabled(),
    };
    let resolver = Resolver::default();
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        if let Some(settings) = settings {
            builder = builder.connector_settings(settings.clone());
        }
        if let Some(sleep) = components.and_then(RuntimeComponents::sleep_impl) {
            builder = builder.sleep_impl(sleep);
        }
        builder
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .tls_context(context.clone())
            .build_with_resolver(resolver.clone())
    });
    Ok(client)
}

impl HttpClient for Clients {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Selected {
            clients: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// Selects the client by the URL of the request.
#[derive(Debug)]
struct Selected {
    clients: Clients,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl Selected {
    fn connector(&self, url: &Url) -> Result<(SharedHttpConnector, Option<String>), ClientError> {
        let proxy = self.clients.rules()?.proxy_for(url);
        let client = self.clients.client(url.scheme() == "https", proxy)?;
        let connector = client.http_connector(&self.settings, &self.components);
        Ok((connector, proxy.map(host)))
    }
}

impl HttpConnector for Selected {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = match Url::parse(request.uri()) {
            Ok(url) => url,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let (connector, proxy) = match self.connector(&url) {
            Ok(selected) => selected,
            Err(error) => {
                let error = ConnectorError::user(error.into());
                return HttpConnectorFuture::ready(Err(explained(error, host(&url), None)));
            }
        };
        let call = connector.call(request);
        HttpConnectorFuture::new(async move {
            call.await
                .map_err(|error| explained(error, host(&url), proxy))
        })
    }
}

/// The error with its host and reason, if the connection could not be made. The SDK retries only what
/// is called I/O or a timeout, so a permanent reason is neither.
fn explained(error: ConnectorError, host: String, proxy: Option<String>) -> ConnectorError {
    let is_timeout = error.is_timeout();
    let reason = ConnectReason::find(&error);
    let reason = reason.or_else(|| is_connect_timeout(&error).then_some(ConnectReason::Timeout));
    let Some(reason) = reason else { return error };
    let error = ConnectError {
        host,
        proxy,
        reason,
    };
    if error.is_permanent() {
        ConnectorError::user(error.into())
    } else if is_timeout {
        ConnectorError::timeout(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}

/// The SDK has no type for it, only the words "HTTP connect timeout occurred after …".
fn is_connect_timeout(error: &ConnectorError) -> bool {
    error.is_timeout()
        && std::iter::successors(std::error::Error::source(error), |error| error.source())
            .any(|error| error.to_string().starts_with("HTTP connect timeout"))
}
