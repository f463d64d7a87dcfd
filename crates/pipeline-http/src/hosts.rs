//! The names in /etc/hosts.
//!
//! Decided here: how a line is read. Never here: that these names win over DNS, which the resolver
//! decides.

use std::collections::HashMap;
use std::net::IpAddr;

/// Names in lower case with their addresses, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Hosts(HashMap<String, Vec<IpAddr>>);

impl Hosts {
    /// Reads /etc/hosts. Without the file there are no names.
    pub(crate) fn of_system() -> Self {
        Self::parse(&std::fs::read_to_string("/etc/hosts").unwrap_or_default())
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut hosts = Self::default();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else {
                continue;
            };
            for name in words {
                let addresses = hosts.0.entry(key(name)).or_default();
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
        hosts
    }

    pub(crate) fn addresses(&self, name: &str) -> Option<&[IpAddr]> {
        self.0.get(&key(name)).map(Vec::as_slice)
    }
}

fn key(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    #[test]
    fn a_name_has_the_addresses_of_all_its_lines() {
        let hosts = Hosts::parse(
            "127.0.0.1 localhost\n# 10.0.0.1 commented\n10.0.0.2\tRegistry.test  registry # note\n\
             ::2 registry.test\n10.0.0.2 registry.test\nnot-an-address broken\n10.0.0.3\n",
        );
        let shown = |name: &str| {
            let addresses = hosts.addresses(name)?.iter().map(ToString::to_string);
            Some(addresses.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(shown("registry.TEST.").as_deref(), Some("10.0.0.2 ::2"));
        assert_eq!(shown("registry").as_deref(), Some("10.0.0.2"));
        for missing in ["commented", "note", "broken", "10.0.0.3"] {
            assert_eq!(shown(missing), None, "{missing}");
        }
    }
}
