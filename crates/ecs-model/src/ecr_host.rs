//! Hosts of ECR registries: partition, FIPS, dual-stack, account and region. A host that only looks
//! like one is another registry, and never receives credentials of AWS.

use std::fmt;
use std::str::FromStr;

use crate::arn::is_account_id;

/// The host of an ECR registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrHost {
    /// Twelve digits.
    pub account: String,
    pub region: String,
    pub fips: bool,
    pub dual_stack: bool,
}

/// The prefix of the regions in each partition, and the DNS suffixes of IPv4 and dual-stack hosts.
const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    ("us-iso-", "c2s.ic.gov", "on.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "on.aws.scloud"),
    ("us-isof-", "csp.hci.ic.gov", "on.aws.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk", "on.cloud-aws.adc-e.uk"),
    ("eusc-", "amazonaws.eu", "on.amazonwebservices.eu"),
    ("", "amazonaws.com", "on.aws"),
];

/// Why a host is not that of an ECR registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the host of an ECR registry: expected ACCOUNT.dkr.ecr.REGION.amazonaws.com")]
pub struct ParseEcrHostError(pub String);

impl FromStr for EcrHost {
    type Err = ParseEcrHostError;

    /// Parses a host, ignoring case. Port 443, the default of HTTPS, is allowed; any other port
    /// means another registry.
    fn from_str(text: &str) -> Result<Self, ParseEcrHostError> {
        read(text).ok_or_else(|| ParseEcrHostError(text.to_owned()))
    }
}

fn read(text: &str) -> Option<EcrHost> {
    let host = text.strip_suffix(":443").unwrap_or(text);
    let host = host.to_ascii_lowercase();
    let mut labels = host.split('.');
    let account = labels.next().filter(|label| is_account_id(label))?;
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
    let read = EcrHost {
        account: account.to_owned(),
        region: labels
            .next()
            .filter(|region| !region.is_empty())?
            .to_owned(),
        fips,
        dual_stack,
    };
    // A host that is not the same when written again is a look-alike.
    (read.to_string() == host).then_some(read)
}

impl fmt::Display for EcrHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            account, region, ..
        } = self;
        let (_, classic, dual) = PARTITIONS
            .iter()
            .find(|(prefix, ..)| region.starts_with(prefix))
            .unwrap_or(&PARTITIONS[6]);
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
    fn hosts_of_all_kinds_are_parsed_and_written() {
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
                "123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov",
                "us-isof-south-1",
                false,
                false,
            ),
            (
                "123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk",
                "eu-isoe-west-1",
                false,
                false,
            ),
            (
                "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
                "eusc-de-east-1",
                false,
                false,
            ),
            (
                "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
                "cn-north-1",
                false,
                true,
            ),
        ] {
            let parsed: EcrHost = host.parse().expect(host);
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
            "123456789012.dkr.ecr.eu-central-1.example.net",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com:5000",
            "123456789012.dkr.ecr..amazonaws.com",
            "public.ecr.aws",
        ] {
            let error = host.parse::<EcrHost>().expect_err(host).to_string();
            assert!(
                error.contains("is not the host of an ECR registry"),
                "{error}"
            );
        }
    }

    #[test]
    fn case_and_the_default_port_do_not_matter() {
        let usual = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
        for host in [
            "123456789012.DKR.ECR.EU-West-1.AmazonAWS.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com:443",
        ] {
            let read: EcrHost = host.parse().expect(host);
            assert_eq!(read.region, "eu-west-1");
            assert_eq!(read.to_string(), usual);
        }
    }
}
