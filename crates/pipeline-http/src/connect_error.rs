//! Why a connection could not be made, found in the errors of the HTTP clients.
//!
//! Decided here: the reasons, their words, what to do about each, and whether another attempt can
//! help. Never here: how often a request is retried.

use std::error::Error;
use std::io;

use rustls::{CertificateError, OtherError};

use crate::client_error::ClientError;
use crate::resolver::ResolveError;

/// A connection that could not be made. The request was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot connect to {host}{}: {reason}", through(.proxy.as_deref()))]
pub struct ConnectError {
    /// The host and, if it is not the default one, the port.
    pub host: String,
    /// The host and port of the proxy, if the request has one. The reason is about the proxy then,
    /// except for a certificate.
    pub proxy: Option<String>,
    pub reason: ConnectReason,
}

fn through(proxy: Option<&str>) -> String {
    proxy.map_or_else(String::new, |proxy| format!(" through the proxy {proxy}"))
}

/// Why a connection could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectReason {
    #[error("the name {0} does not exist")]
    UnknownName(String),
    #[error("the name {0} cannot be resolved, because no name server answers")]
    NoNameServer(String),
    #[error("connection refused")]
    Refused,
    #[error("there is no route to it")]
    NoRoute,
    #[error("no answer before the timeout")]
    Timeout,
    #[error("the proxy requires a user and a password")]
    ProxyLogin,
    #[error("the proxy refused the connection")]
    ProxyRefused,
    #[error("its certificate is self-signed or signed by an unknown authority")]
    UnknownAuthority,
    #[error("its certificate is for another name")]
    WrongName,
    #[error("its certificate has expired")]
    Expired,
    #[error("its certificate is not yet valid")]
    NotYetValid,
    #[error("its certificate is a CA certificate, which cannot be used for a server")]
    CaCertificate,
    #[error("it does not speak TLS")]
    NotTls,
    #[error("TLS failed ({0})")]
    Tls(String),
    /// The settings of the environment are wrong: see [`ClientError`].
    #[error("{0}")]
    Settings(String),
}

impl ConnectError {
    /// The reason in an error of reqwest, if the connection could not be made.
    pub fn of_reqwest(error: &reqwest::Error) -> Option<Self> {
        let url = error.url();
        let reason = ConnectReason::find(error).or_else(|| {
            (error.is_connect() && error.is_timeout()).then_some(ConnectReason::Timeout)
        })?;
        let rules = crate::proxy::ProxyRules::from_environment().unwrap_or_default();
        Some(Self {
            host: url.map(host).unwrap_or_default(),
            proxy: url.and_then(|url| rules.proxy_for(url)).map(host),
            reason,
        })
    }

    /// The connection error in the chain of any error, if there is one.
    pub fn find<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        chain(error).find_map(|error| error.downcast_ref())
    }

    /// Whether another attempt fails in the same way.
    pub fn is_permanent(&self) -> bool {
        use ConnectReason as R;
        !matches!(
            self.reason,
            R::UnknownName(_)
                | R::NoNameServer(_)
                | R::Refused
                | R::NoRoute
                | R::Timeout
                | R::ProxyRefused
                | R::Tls(_)
        )
    }

    /// What to do next, if it follows from the reason.
    pub fn hint(&self) -> Option<&'static str> {
        use ConnectReason as R;
        Some(match &self.reason {
            R::UnknownAuthority => {
                "set SSL_CERT_FILE or AWS_CA_BUNDLE to a PEM file with the certificate of its authority"
            }
            R::CaCertificate => {
                "give the server its own certificate, signed by this one (basicConstraints CA:FALSE)"
            }
            R::WrongName => "use the name in the certificate, or add this name to the certificate",
            R::ProxyLogin => "write http://USER:PASSWORD@HOST:PORT in HTTPS_PROXY",
            R::NotYetValid => "check the clock of this machine",
            R::NotTls => "write http:// instead of https:// if the server does not use TLS",
            R::Settings(_) | R::Expired => return None,
            _ if self.proxy.is_some() => "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
            _ => return None,
        })
    }
}

impl ConnectReason {
    /// The reason in the chain of an error of an HTTP client. `None` if the connection was made, or the
    /// reason is unknown.
    pub(crate) fn find(error: &(dyn Error + 'static)) -> Option<Self> {
        chain(error).find_map(Self::of)
    }

    fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(ConnectError { reason, .. }) = error.downcast_ref() {
            return Some(reason.clone());
        }
        if let Some(error) = error.downcast_ref::<ClientError>() {
            return Some(Self::Settings(in_full(error)));
        }
        if let Some(error) = error.downcast_ref::<ResolveError>() {
            return Some(match error {
                ResolveError::Lookup { name, source } if source.is_no_records_found() => {
                    Self::UnknownName(name.clone())
                }
                ResolveError::Lookup { name, .. } => Self::NoNameServer(name.clone()),
                ResolveError::Configuration { .. } => Self::Settings(in_full(error)),
            });
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::of_tls(error));
        }
        // The client has no public type for what a proxy answers to CONNECT.
        match error.to_string().strip_prefix("tunnel error: ") {
            Some(reason) if reason.contains("authorization") => return Some(Self::ProxyLogin),
            Some("unsuccessful") => return Some(Self::ProxyRefused),
            _ => {}
        }
        let error = error.downcast_ref::<io::Error>()?;
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Some(Self::NoRoute)
            }
            // `source()` of an I/O error skips the error that it wraps.
            _ => error.get_ref().and_then(|inner| Self::of(inner)),
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        use CertificateError as C;
        match error {
            rustls::Error::InvalidCertificate(certificate) => match certificate {
                C::UnknownIssuer => Self::UnknownAuthority,
                C::Expired | C::ExpiredContext { .. } => Self::Expired,
                C::NotValidYet | C::NotValidYetContext { .. } => Self::NotYetValid,
                C::NotValidForName | C::NotValidForNameContext { .. } => Self::WrongName,
                C::Other(OtherError(other)) if other.to_string() == "CaUsedAsEndEntity" => {
                    Self::CaCertificate
                }
                other => Self::Tls(other.to_string()),
            },
            // The first bytes of a server without TLS are not a TLS message.
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            other => Self::Tls(other.to_string()),
        }
    }
}

/// The host of a URL, and its port if it is not the default one.
pub(crate) fn host(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn Error + 'static) = *error;
        error.source()
    })
}

/// An error with its causes in one line.
fn in_full(error: &(dyn Error + 'static)) -> String {
    let messages: Vec<String> = chain(error).map(ToString::to_string).collect();
    messages.join(": ")
}

#[cfg(test)]
#[path = "connect_error_tests.rs"]
mod tests;
