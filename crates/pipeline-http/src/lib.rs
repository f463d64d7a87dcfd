//! One TLS configuration, one resolver, one proxy rule, for every client of every program.
//!
//! Decided here: which certificate roots count, that no name is resolved through the C library
//! (a static binary crashes in its plug-ins), that HTTPS_PROXY, HTTP_PROXY and NO_PROXY are
//! honoured, how long a connection may take. Never here: what is sent, or to whom.

mod resolver;
mod roots;

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use resolver::Resolver;
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

/// The client for the AWS SDK. The roots are read when the first connection is wanted.
///
/// `plain` says that every endpoint is `http://`: then no roots are needed at all.
pub fn aws_client(plain: bool) -> Result<SharedHttpClient, RootsError> {
    let context = if plain {
        None
    } else {
        Some(trust(&roots::load()?)?)
    };
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        if let Some(settings) = settings {
            connector = connector.connector_settings(settings.clone());
        }
        if let Some(sleep) = components.and_then(|c| c.sleep_impl()) {
            connector = connector.sleep_impl(sleep);
        }
        match &context {
            None => connector.build_http(),
            Some(context) => connector
                .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
                .tls_context(context.clone())
                .build_with_resolver(Resolver::default()),
        }
    });
    Ok(client)
}

fn trust(roots: &[rustls_pki_types::CertificateDer<'static>]) -> Result<TlsContext, RootsError> {
    let store = TrustStore::empty()
        .with_native_roots(false)
        .with_pem_certificate(roots::pem(roots));
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(RootsError::context)
}
