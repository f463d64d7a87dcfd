//! Resolves names without the C library, from /etc/hosts and the name servers in /etc/resolv.conf.
//!
//! Decided here: which sources count. No public name server is ever a default. Never here: which names
//! are resolved.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;

/// Reads the system's configuration when the first name is resolved. Answers are cached for their TTL.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolver(Arc<OnceLock<TokioResolver>>);

#[derive(Debug, thiserror::Error)]
enum ResolveError {
    #[error("cannot read the name servers from /etc/resolv.conf")]
    Configuration { source: NetError },
    #[error("cannot resolve {name}")]
    Lookup { name: String, source: NetError },
}

impl Resolver {
    async fn addresses(self, name: String) -> Result<Vec<IpAddr>, ResolveError> {
        if let Ok(address) = name.trim_matches(['[', ']']).parse() {
            return Ok(vec![address]);
        }
        // RFC 6761: localhost exists even in a container without /etc/hosts.
        if name == "localhost" || name.ends_with(".localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let resolver = match self.0.get() {
            Some(resolver) => resolver,
            None => {
                let made = TokioResolver::builder_tokio()
                    .and_then(|builder| builder.build())
                    .map_err(|source| ResolveError::Configuration { source })?;
                self.0.get_or_init(|| made)
            }
        };
        let found = resolver.lookup_ip(name.as_str()).await;
        Ok(found
            .map_err(|source| ResolveError::Lookup { name, source })?
            .iter()
            .collect())
    }
}

impl ResolveDns for Resolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        let lookup = self.clone().addresses(name.to_owned());
        DnsFuture::new(async move { lookup.await.map_err(ResolveDnsError::new) })
    }
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let lookup = self.clone().addresses(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = lookup.await?.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Resolver;

    #[tokio::test]
    async fn localhost_and_addresses_need_no_name_server() {
        for (name, first) in [
            ("localhost", "127.0.0.1"),
            ("app.localhost", "127.0.0.1"),
            ("10.0.0.7", "10.0.0.7"),
            ("[::1]", "::1"),
        ] {
            let found = Resolver::default()
                .addresses(name.to_owned())
                .await
                .expect(name);
            assert_eq!(found[0].to_string(), first);
        }
    }
}
