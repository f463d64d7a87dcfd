//! The hosts that ECR's registries have: partition, FIPS, dual-stack, account and region.

use std::fmt;

/// An ECR registry's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrHost {
    /// Twelve digits.
    pub account: String,
    pub region: String,
    pub fips: bool,
    pub dual_stack: bool,
}

/// The DNS suffixes of AWS's partitions: of the older hosts, and of dual-stack ones.
const PARTITIONS: [(&str, &str, &str); 5] = [
    ("cn-", "amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    ("us-iso-", "c2s.ic.gov", "on.c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "on.sc2s.sgov.gov"),
    ("eusc-", "amazonaws.eu", "on.amazonwebservices.eu"),
    ("", "amazonaws.com", "on.aws"),
];

impl EcrHost {
    /// Reads a host as AWS writes it; none for any other registry's.
    pub fn parse(host: &str) -> Option<Self> {
        let mut labels = host.split('.');
        let account = labels.next()?;
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (fips, dual_stack) = match labels.next()? {
            "dkr" => match labels.next()? {
                "ecr" => (false, false),
                "ecr-fips" => (true, false),
                _ => return None,
            },
            "dkr-ecr" => (false, true),
            "dkr-ecr-fips" => (true, true),
            _ => return None,
        };
        let parsed = Self {
            account: account.to_owned(),
            region: labels.next()?.to_owned(),
            fips,
            dual_stack,
        };
        // Whatever does not come out the same is a look-alike.
        (parsed.to_string() == host).then_some(parsed)
    }
}

impl fmt::Display for EcrHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            account, region, ..
        } = self;
        let (_, classic, dual) = PARTITIONS
            .iter()
            .find(|(prefix, ..)| region.starts_with(prefix))
            .unwrap_or(&PARTITIONS[4]);
        let fips = if self.fips { "-fips" } else { "" };
        if self.dual_stack {
            write!(f, "{account}.dkr-ecr{fips}.{region}.{dual}")
        } else {
            write!(f, "{account}.dkr.ecr{fips}.{region}.{classic}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EcrHost;

    #[test]
    fn hosts_of_all_kinds_are_read_and_written() {
        for (host, region, fips, dual_stack) in [
            (
                "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
                "eu-central-1",
                false,
                false,
            ),
            (
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "us-gov-west-1",
                true,
                false,
            ),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
                false,
                false,
            ),
            (
                "123456789012.dkr-ecr.eu-west-1.on.aws",
                "eu-west-1",
                false,
                true,
            ),
            (
                "123456789012.dkr-ecr-fips.us-east-1.on.aws",
                "us-east-1",
                true,
                true,
            ),
            (
                "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
                "cn-north-1",
                false,
                true,
            ),
        ] {
            let parsed = EcrHost::parse(host).expect(host);
            assert_eq!(parsed.account, "123456789012");
            assert_eq!(
                (parsed.region.as_str(), parsed.fips, parsed.dual_stack),
                (region, fips, dual_stack)
            );
        }
    }

    #[test]
    fn look_alikes_are_other_registries() {
        for host in [
            "",
            "127.0.0.1",
            "ghcr.io",
            "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.test",
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn",
            "123456789012.dkr.ecr",
            "public.ecr.aws",
        ] {
            assert_eq!(EcrHost::parse(host), None, "{host}");
        }
    }
}
