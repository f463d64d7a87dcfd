//! One TLS configuration, one resolver, one proxy rule, for every client of every program.
//!
//! Decided here: which certificate roots count, that no name is resolved through the C library
//! (a static binary crashes in its plug-ins), that HTTPS_PROXY, HTTP_PROXY and NO_PROXY are
//! honoured, how long a connection may take, how requests are tried again, and what of a request
//! may be shown. Never here: what is sent, or to whom.

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

/// How long making a connection may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may stay silent while an answer is awaited.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// The client for registries, GitHub and plain HTTP.
///
/// Errors: certificate roots that were named (SSL_CERT_FILE, AWS_CA_BUNDLE) and cannot be read.
pub fn client() -> Result<reqwest::Client, RootsError> {
    builder()?.build().map_err(RootsError::client)
}

/// The same, for whoever needs another timeout or redirect policy.
pub fn builder() -> Result<reqwest::ClientBuilder, RootsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut store = rustls::RootCertStore::empty();
    // Certificates that rustls cannot use are common in system stores; the others still count.
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

/// The client for the AWS SDK. Certificate roots are read when the first `https://` is called:
/// that costs milliseconds, and an emulator on `http://` needs none.
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

/// A client for each scheme, the encrypted one made when it is first needed.
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

/// The connector of whichever scheme a request has.
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
