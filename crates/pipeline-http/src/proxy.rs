//! Which proxy a request uses.
//!
//! Decided here: what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY mean, for all clients alike, and
//! that a value that cannot be read is an error. Never here: how a client connects to a proxy.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use crate::ClientError;

/// The proxies, and the hosts that are reached without them.
#[derive(Clone, Default)]
pub(crate) struct ProxyRules {
    http: Option<Url>,
    https: Option<Url>,
    exceptions: Vec<Exception>,
}

/// Does not show the URLs, which may contain passwords.
impl fmt::Debug for ProxyRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyRules").finish_non_exhaustive()
    }
}

/// An entry of NO_PROXY.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Exception {
    /// `*`
    All,
    /// `10.0.0.0/8` or `10.0.0.7`
    Network { address: IpAddr, bits: u32 },
    /// `example.com`, `.example.com` or `*.example.com`, all with their subdomains, and perhaps with
    /// a port.
    Domain { name: String, port: Option<u16> },
}

impl ProxyRules {
    pub(crate) fn from_environment() -> Result<Self, ClientError> {
        Self::read(|name| std::env::var_os(name))
    }

    fn read(env: impl Fn(&str) -> Option<OsString>) -> Result<Self, ClientError> {
        let first = |names: &[&str]| {
            let mut set = names.iter().filter_map(|name| {
                let value = env(name).filter(|value| !value.is_empty())?;
                Some((name.to_string(), value))
            });
            set.next()
        };
        let url = |names: &[&str]| match first(names) {
            Some((variable, value)) => proxy_url(variable, value),
            None => Ok(None),
        };
        let all = url(&["ALL_PROXY", "all_proxy"])?;
        // In a CGI program HTTP_PROXY is a header of the request, which anybody can set.
        let http = if env("REQUEST_METHOD").is_some() {
            None
        } else {
            url(&["HTTP_PROXY", "http_proxy"])?
        };
        let https = url(&["HTTPS_PROXY", "https_proxy"])?;
        let exceptions = match first(&["NO_PROXY", "no_proxy"]) {
            Some((_, value)) => exceptions(&value.to_string_lossy()),
            None => Vec::new(),
        };
        Ok(Self {
            http: http.or_else(|| all.clone()),
            https: https.or(all),
            exceptions,
        })
    }

    /// The proxy for a scheme, without the exceptions.
    pub(crate) fn proxy(&self, is_encrypted: bool) -> Option<&Url> {
        if is_encrypted {
            self.https.as_ref()
        } else {
            self.http.as_ref()
        }
    }

    /// The proxy for a URL. `None` means a direct connection.
    pub(crate) fn proxy_for(&self, url: &Url) -> Option<&Url> {
        let proxy = self.proxy(url.scheme() == "https")?;
        let host = url.host_str()?.trim_matches(['[', ']']);
        let host = host.trim_end_matches('.');
        let port = url.port_or_known_default();
        let is_exception = self.exceptions.iter().any(|e| e.matches(host, port));
        (!is_exception).then_some(proxy)
    }
}

impl Exception {
    fn matches(&self, host: &str, port: Option<u16>) -> bool {
        match self {
            Self::All => true,
            Self::Network { address, bits } => host
                .parse()
                .is_ok_and(|host| is_in_network(host, *address, *bits)),
            Self::Domain { name, port: only } => {
                let is_subdomain = host
                    .strip_suffix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                is_subdomain && only.is_none_or(|only| port == Some(only))
            }
        }
    }
}

fn is_in_network(host: IpAddr, network: IpAddr, bits: u32) -> bool {
    let differs = match (host, network) {
        (IpAddr::V4(host), IpAddr::V4(network)) => {
            (host.to_bits() ^ network.to_bits()).leading_zeros()
        }
        (IpAddr::V6(host), IpAddr::V6(network)) => {
            (host.to_bits() ^ network.to_bits()).leading_zeros()
        }
        _ => return false,
    };
    differs >= bits
}

/// People separate the entries with commas, blanks or both.
fn exceptions(list: &str) -> Vec<Exception> {
    let entries = list.split(|c: char| c == ',' || c.is_whitespace());
    entries.filter_map(exception).collect()
}

fn exception(entry: &str) -> Option<Exception> {
    if entry == "*" {
        return Some(Exception::All);
    }
    let network = |address: &str, bits: Option<&str>| {
        let address: IpAddr = address.trim_matches(['[', ']']).parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(longest), |bits| bits.parse().ok())?;
        Some(Exception::Network { address, bits })
    };
    let (address, bits) = match entry.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (entry, None),
    };
    if let Some(network) = network(address, bits) {
        return Some(network);
    }
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) => (name, Some(port.parse().ok()?)),
        None => (entry, None),
    };
    let name = name.trim_matches(['[', ']']).trim_start_matches('*');
    let name = name.trim_matches('.').to_ascii_lowercase();
    (!name.is_empty()).then_some(Exception::Domain { name, port })
}

fn proxy_url(variable: String, value: OsString) -> Result<Option<Url>, ClientError> {
    let wrong = |reason: String| ClientError::Proxy {
        variable: variable.clone(),
        reason,
    };
    let text = value
        .to_str()
        .ok_or_else(|| wrong("it is not Unicode text".to_owned()))?
        .trim();
    if text.is_empty() {
        return Ok(None);
    }
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        Url::parse(&format!("http://{text}"))
    };
    let url = url.map_err(|error| wrong(error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(Some(url)),
        other => Err(wrong(format!(
            "{other}:// is not supported, only http:// and https:// are"
        ))),
    }
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
