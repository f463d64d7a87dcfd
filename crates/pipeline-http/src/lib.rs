//! One TLS configuration, one resolver and one proxy rule for every HTTP client of every program.
//!
//! Decided here: which certificate roots are trusted, that the C library does not resolve names (a
//! static binary crashes in its plug-ins), that HTTPS_PROXY, HTTP_PROXY and NO_PROXY apply, how long
//! a connection may take, how requests are retried, and which parts of a request may be logged. Never
//! here: what is sent, or to which server.

mod aws_log;
mod request_log;
mod resolver;
mod retry;
mod roots;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector, ConnectorBuilder, proxy::ProxyConfig};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

pub use request_log::{Exchange, RequestLog, address};
use resolver::Resolver;
pub use retry::{Attempts, RetryPolicy, Transient, poll};
pub use roots::RootsError;

/// The timeout for opening a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The timeout between two reads while waiting for a response.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// The client for registries, GitHub and plain HTTP.
///
/// # Errors
/// If SSL_CERT_FILE, SSL_CERT_DIR or AWS_CA_BUNDLE names certificate roots that cannot be read.
pub fn client() -> Result<reqwest::Client, RootsError> {
    builder()?.build().map_err(RootsError::client)
}

/// The same, for callers that need another timeout or redirect policy.
///
/// # Errors
/// As [`client`].
pub fn builder() -> Result<reqwest::ClientBuilder, RootsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut store = rustls::RootCertStore::empty();
    // System stores often contain certificates that rustls cannot use. The others still count.
    store.add_parsable_certificates(roots::load()?);
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| RootsError::Tls { source })?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .dns_resolver(Resolver::default())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(IDLE_TIMEOUT)
        .tcp_keepalive(Duration::from_secs(30))
        .user_agent(concat!("fargate-pipeline/", env!("CARGO_PKG_VERSION"))))
}

/// The client for the AWS SDK. It reads the certificate roots at the first `https://` request, because
/// reading takes milliseconds, and an emulator on `http://` does not need them.
pub fn aws_client() -> SharedHttpClient {
    let plain = Builder::new().build_with_connector_fn(|settings, components| {
        connector(settings, components).build_http()
    });
    SharedHttpClient::new(ByScheme {
        plain,
        encrypted: Arc::default(),
    })
}

fn encrypted() -> Result<SharedHttpClient, RootsError> {
    let roots = roots::pem(&roots::load()?);
    let store = TrustStore::empty()
        .with_native_roots(false)
        .with_pem_certificate(roots);
    let context = TlsContext::builder().with_trust_store(store).build();
    let context = context.map_err(RootsError::context)?;
    Ok(
        Builder::new().build_with_connector_fn(move |settings, components| {
            connector(settings, components)
                .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
                .tls_context(context.clone())
                .build_with_resolver(Resolver::default())
        }),
    )
}

fn connector(
    settings: Option<&HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
) -> ConnectorBuilder {
    let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env());
    if let Some(settings) = settings {
        builder = builder.connector_settings(settings.clone());
    }
    if let Some(sleep) = components.and_then(RuntimeComponents::sleep_impl) {
        builder = builder.sleep_impl(sleep);
    }
    builder
}

/// A client for each scheme. The encrypted one is created when it is first needed.
#[derive(Debug, Clone)]
struct ByScheme {
    plain: SharedHttpClient,
    encrypted: Arc<OnceLock<SharedHttpClient>>,
}

impl HttpClient for ByScheme {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Chosen {
            clients: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// Selects the connector by the scheme of the request.
#[derive(Debug)]
struct Chosen {
    clients: ByScheme,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Chosen {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("https:") {
            match self.clients.encrypted.get() {
                Some(client) => client,
                None => match encrypted() {
                    Ok(client) => self.clients.encrypted.get_or_init(|| client),
                    Err(error) => {
                        return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
                    }
                },
            }
        } else {
            &self.clients.plain
        };
        client
            .http_connector(&self.settings, &self.components)
            .call(request)
    }
}
