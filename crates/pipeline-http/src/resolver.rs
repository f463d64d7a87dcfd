//! Resolves names without the C library, from /etc/hosts and the name servers in /etc/resolv.conf.
//!
//! Decided here: which sources count, in which order, and how long one address family waits for the
//! other. No public name server is ever a default. Never here: which names are resolved.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;
use tokio::time::timeout;

use crate::hosts::Hosts;

/// How long to wait for the addresses of the second family when those of the first have arrived. Some
/// name servers never answer a query for AAAA, and its timeout is 10 s or more (RFC 8305, section 3).
const SECOND_FAMILY_DELAY: Duration = Duration::from_millis(50);

/// Reads the system's configuration when the first name is resolved. Answers are cached for their TTL.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolver(Arc<Sources>);

#[derive(Debug, Default)]
struct Sources {
    hosts: OnceLock<Hosts>,
    dns: OnceLock<TokioResolver>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
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
        let hosts = self.0.hosts.get_or_init(Hosts::of_system);
        if let Some(addresses) = hosts.addresses(&name) {
            return Ok(addresses.to_vec());
        }
        // RFC 6761: localhost exists even in a container without /etc/hosts.
        if name == "localhost" || name.ends_with(".localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let dns = match self.0.dns.get() {
            Some(dns) => dns,
            None => {
                let dns = TokioResolver::builder_tokio()
                    .and_then(|builder| builder.build())
                    .map_err(|source| ResolveError::Configuration { source })?;
                self.0.dns.get_or_init(|| dns)
            }
        };
        let family = async |is_v6: bool| {
            let answer = if is_v6 {
                dns.ipv6_lookup(name.as_str()).await?
            } else {
                dns.ipv4_lookup(name.as_str()).await?
            };
            let records = answer.answers().iter();
            Ok(records.filter_map(|record| record.data.ip_addr()).collect())
        };
        let found = both_families(family(true), family(false)).await;
        found.map_err(|source| ResolveError::Lookup { name, source })
    }
}

/// The addresses of both families, those of version 6 first. If one family has addresses, the other
/// one has only a moment left.
async fn both_families<E>(
    v6: impl Future<Output = Result<Vec<IpAddr>, E>>,
    v4: impl Future<Output = Result<Vec<IpAddr>, E>>,
) -> Result<Vec<IpAddr>, E> {
    let (mut v6, mut v4) = (std::pin::pin!(v6), std::pin::pin!(v4));
    let (first, is_v6) = tokio::select! {
        found = &mut v6 => (found, true),
        found = &mut v4 => (found, false),
    };
    let has_addresses = first.as_ref().is_ok_and(|found| !found.is_empty());
    let rest = async {
        if is_v6 {
            v4.as_mut().await
        } else {
            v6.as_mut().await
        }
    };
    let second = if has_addresses {
        timeout(SECOND_FAMILY_DELAY, rest)
            .await
            .unwrap_or(Ok(Vec::new()))
    } else {
        rest.await
    };
    match (first, second) {
        (Ok(first), Ok(second)) if is_v6 => Ok([first, second].concat()),
        (Ok(first), Ok(second)) => Ok([second, first].concat()),
        (Ok(found), Err(_)) | (Err(_), Ok(found)) if !found.is_empty() => Ok(found),
        (Err(error), _) | (_, Err(error)) => Err(error),
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
    use std::net::IpAddr;
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::{Resolver, both_families};
    use crate::hosts::Hosts;

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

    #[tokio::test]
    async fn a_name_of_the_hosts_file_is_not_looked_up_in_dns() {
        let resolver = Resolver::default();
        let hosts = Hosts::parse("10.0.0.7 registry.test\n");
        resolver.0.hosts.set(hosts).expect("not read yet");
        let found = resolver.clone().addresses("Registry.test".to_owned()).await;
        assert_eq!(
            found.expect("found"),
            ["10.0.0.7".parse::<IpAddr>().expect("an address")]
        );
        assert!(resolver.0.dns.get().is_none());
    }

    type Found = Result<Vec<IpAddr>, &'static str>;

    async fn after(milliseconds: u64, found: Found) -> Found {
        sleep(Duration::from_millis(milliseconds)).await;
        found
    }

    #[tokio::test(start_paused = true)]
    async fn an_unanswered_family_does_not_delay_the_other() {
        let v4 = || Ok(vec!["10.0.0.7".parse().expect("an address")]);
        let v6 = || Ok(vec!["fd00::7".parse().expect("an address")]);
        let none = || Ok(Vec::new());
        for (v6, v4, expected, milliseconds) in [
            ((60_000, Err("timeout")), (5, v4()), Ok("10.0.0.7"), 55),
            ((5, v6()), (60_000, Err("timeout")), Ok("fd00::7"), 55),
            ((20, v6()), (5, v4()), Ok("fd00::7 10.0.0.7"), 20),
            ((5, v6()), (20, v4()), Ok("fd00::7 10.0.0.7"), 20),
            ((5, Err("no AAAA")), (900, v4()), Ok("10.0.0.7"), 900),
            ((5, none()), (900, v4()), Ok("10.0.0.7"), 900),
            ((5, Err("no AAAA")), (9, Err("no A")), Err("no AAAA"), 9),
            ((5, none()), (9, Err("no A")), Err("no A"), 9),
        ] {
            let started = Instant::now();
            let found = both_families(after(v6.0, v6.1), after(v4.0, v4.1)).await;
            let shown = found.map(|found| {
                let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
                shown.join(" ")
            });
            assert_eq!(shown.as_deref().map_err(|e| *e), expected);
            assert_eq!(started.elapsed().as_millis(), milliseconds, "{expected:?}");
        }
    }
}
