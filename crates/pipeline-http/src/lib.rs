//! One TLS configuration, one resolver and one proxy rule for every HTTP client of every program.
//!
//! Decided here: which certificate roots are trusted, that the C library does not resolve names (a
//! static binary crashes in its plug-ins), that HTTPS_PROXY, HTTP_PROXY and NO_PROXY apply, how long
//! a connection may take, how requests are retried, and which parts of a request may be logged. Never
//! here: what is sent, or to which server.

mod aws_client;
mod aws_log;
mod client_error;
mod connect_error;
mod hosts;
mod proxy;
mod request_log;
mod resolver;
mod retry;
mod roots;

use std::sync::Arc;
use std::time::Duration;

pub use aws_client::aws_client;
pub use client_error::ClientError;
pub use connect_error::{ConnectError, ConnectReason};
use proxy::ProxyRules;
pub use request_log::{Exchange, RequestLog, address};
use resolver::Resolver;
pub use retry::{Attempts, RetryPolicy, Transient, poll};

/// The timeout for opening a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The timeout between two reads while waiting for a response.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// The client for registries, GitHub and plain HTTP.
///
/// # Errors
/// If SSL_CERT_FILE, SSL_CERT_DIR or AWS_CA_BUNDLE names certificate roots that cannot be read, or the
/// variable of a proxy is not a URL.
pub fn client() -> Result<reqwest::Client, ClientError> {
    builder()?.build().map_err(ClientError::client)
}

/// The same, for callers that need another timeout or redirect policy.
///
/// # Errors
/// As [`client`].
pub fn builder() -> Result<reqwest::ClientBuilder, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut store = rustls::RootCertStore::empty();
    // System stores often contain certificates that rustls cannot use. The others still count.
    store.add_parsable_certificates(roots::load()?);
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| ClientError::Tls { source })?
        .with_root_certificates(store)
        .with_no_client_auth();
    let rules = ProxyRules::from_environment()?;
    let proxy = reqwest::Proxy::custom(move |url| rules.proxy_for(url).cloned());
    Ok(reqwest::Client::builder()
        .proxy(proxy)
        .tls_backend_preconfigured(config)
        .dns_resolver(Resolver::default())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(IDLE_TIMEOUT)
        .tcp_keepalive(Duration::from_secs(30))
        .user_agent(concat!("fargate-pipeline/", env!("CARGO_PKG_VERSION"))))
}
