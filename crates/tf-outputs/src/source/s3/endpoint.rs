//! The URL of a request to S3.
//!
//! Decided here: the host for a bucket or an access point, and how keys are escaped.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use crate::source::access_point::AccessPoint;
use crate::{Error, error};

/// S3 signs a path as it is sent: all characters except the unreserved ones are escaped once.
const KEY_ESCAPES: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// The escapes in a query.
pub const QUERY_ESCAPES: &AsciiSet = &KEY_ESCAPES.add(b'/');

/// How S3 is reached.
#[derive(Clone, Debug)]
pub struct S3Endpoint<'a> {
    /// A custom endpoint, e.g. of an emulator.
    pub custom_url: Option<String>,
    pub bucket: &'a str,
    pub access_point: Option<AccessPoint>,
    pub use_fips: bool,
    pub use_dual_stack: bool,
}

impl S3Endpoint<'_> {
    /// Returns the URL of a key, or of a list if the key is empty.
    ///
    /// # Errors
    /// The bucket or the custom endpoint cannot be part of a URL.
    pub fn url(&self, region: &str, key: &str, query: &str) -> Result<Url, Error> {
        let path = utf8_percent_encode(key, KEY_ESCAPES);
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{query}")
        };
        let bucket = self.bucket;
        let text = match (&self.access_point, &self.custom_url) {
            (Some(_), Some(endpoint)) => {
                return Err(error::usage(format!(
                    "the access point {bucket} cannot be used with the endpoint {endpoint}: use the alias of the access point"
                )));
            }
            (Some(point), None) => {
                let host = self.aws_host("s3-accesspoint", region);
                format!(
                    "https://{}-{}.{host}/{path}{query}",
                    point.name, point.account
                )
            }
            (None, Some(endpoint)) => {
                format!("{}/{bucket}/{path}{query}", endpoint.trim_end_matches('/'))
            }
            (None, None) => {
                let host = self.aws_host("s3", region);
                // The wildcard certificate does not match a name with a dot or an uppercase letter.
                let is_host_part =
                    |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if bucket.chars().all(is_host_part) {
                    format!("https://{bucket}.{host}/{path}{query}")
                } else {
                    format!("https://{host}/{bucket}/{path}{query}")
                }
            }
        };
        let url = Url::parse(&text);
        url.map_err(|source| error::usage(format!("{text:?} is not a valid URL for S3: {source}")))
    }

    fn aws_host(&self, service: &str, region: &str) -> String {
        let suffix = match region {
            r if r.starts_with("cn-") => "amazonaws.com.cn",
            r if r.starts_with("us-isob-") => "sc2s.sgov.gov",
            r if r.starts_with("us-iso-") => "c2s.ic.gov",
            r if r.starts_with("eusc-") => "amazonaws.eu",
            _ => "amazonaws.com",
        };
        let fips = if self.use_fips { "-fips" } else { "" };
        let dual_stack = if self.use_dual_stack {
            ".dualstack"
        } else {
            ""
        };
        format!("{service}{fips}{dual_stack}.{region}.{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessPoint, S3Endpoint};

    const ARN: &str = "arn:aws:s3:eu-central-1:123456789012:accesspoint/my-ap";

    fn url(bucket: &str, use_fips: bool, use_dual_stack: bool) -> String {
        let endpoint = S3Endpoint {
            custom_url: None,
            bucket,
            access_point: AccessPoint::parse(bucket).expect("valid"),
            use_fips,
            use_dual_stack,
        };
        let url = endpoint.url("eu-central-1", "a/b c.tfstate", "");
        url.expect("a URL").to_string()
    }

    #[test]
    fn hosts_are_those_of_the_aws_sdk() {
        for (bucket, fips, dual_stack, host) in [
            ("state", false, false, "state.s3.eu-central-1.amazonaws.com"),
            (
                "state",
                true,
                false,
                "state.s3-fips.eu-central-1.amazonaws.com",
            ),
            (
                "state",
                false,
                true,
                "state.s3.dualstack.eu-central-1.amazonaws.com",
            ),
            (
                "state",
                true,
                true,
                "state.s3-fips.dualstack.eu-central-1.amazonaws.com",
            ),
            (
                ARN,
                false,
                false,
                "my-ap-123456789012.s3-accesspoint.eu-central-1.amazonaws.com",
            ),
            (
                ARN,
                true,
                true,
                "my-ap-123456789012.s3-accesspoint-fips.dualstack.eu-central-1.amazonaws.com",
            ),
        ] {
            let expected = format!("https://{host}/a/b%20c.tfstate");
            assert_eq!(url(bucket, fips, dual_stack), expected);
        }
        assert_eq!(
            url("my.state", false, false),
            "https://s3.eu-central-1.amazonaws.com/my.state/a/b%20c.tfstate"
        );
    }
}
