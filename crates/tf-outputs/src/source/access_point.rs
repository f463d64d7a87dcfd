//! S3 access points, which `bucket` may name by ARN.
//!
//! Decided here: which ARNs are supported. How a request reaches an access point is decided in `s3`.

use ecs_model::{Arn, is_account_id, is_arn};

/// An access point of a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessPoint {
    pub name: String,
    pub account: String,
    pub region: String,
}

impl AccessPoint {
    /// Parses the name of a bucket. Returns `None` if it is not an ARN.
    ///
    /// # Errors
    /// The ARN is not one of an access point. The error is a hint for people.
    pub fn parse(bucket: &str) -> Result<Option<Self>, String> {
        if !is_arn(bucket) {
            return Ok(None);
        }
        let problem = || {
            format!(
                "{bucket} is not the ARN of an S3 access point (arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME): use the name of a bucket, or the alias of the access point"
            )
        };
        let arn = Arn::try_from(bucket).map_err(|_| problem())?;
        let name = arn
            .resource
            .strip_prefix("accesspoint")
            .and_then(|rest| rest.strip_prefix(['/', ':']))
            .filter(|name| is_host_label(name));
        match name {
            // A multi-Region access point has no region, and another kind of signature.
            Some(name)
                if arn.service == "s3"
                    && is_host_label(arn.region)
                    && is_account_id(arn.account) =>
            {
                Ok(Some(AccessPoint {
                    name: name.to_owned(),
                    account: arn.account.to_owned(),
                    region: arn.region.to_owned(),
                }))
            }
            _ => Err(problem()),
        }
    }
}

/// Splits `BUCKET/KEY`. The ARN of an access point contains a slash itself.
pub fn split_bucket(text: &str) -> (&str, &str) {
    let skipped = if is_arn(text) && text.contains(":accesspoint/") {
        text.find('/').map_or(0, |at| at + 1)
    } else {
        0
    };
    match text[skipped..].find('/') {
        Some(at) => (&text[..skipped + at], &text[skipped + at + 1..]),
        None => (text, ""),
    }
}

/// Whether a text can be a part of a host name.
fn is_host_label(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::{AccessPoint, split_bucket};

    #[test]
    fn only_access_points_with_a_region_are_supported() {
        for arn in [
            "arn:aws:s3:eu-central-1:123456789012:accesspoint/my-ap",
            "arn:aws:s3:eu-central-1:123456789012:accesspoint:my-ap",
        ] {
            let point = AccessPoint::parse(arn).expect("valid").expect("an ARN");
            assert_eq!((&*point.name, &*point.region), ("my-ap", "eu-central-1"));
        }
        assert_eq!(AccessPoint::parse("acme-state"), Ok(None));
        for arn in [
            "arn:aws:s3:::acme-state",
            "arn:aws:s3::123456789012:accesspoint/alias.mrap",
            "arn:aws:s3-object-lambda:eu-central-1:123456789012:accesspoint/x",
            "arn:aws:s3:eu-central-1:123456789012:accesspoint/a.b@evil",
            "arn:aws:s3:eu-central-1:1/2:accesspoint/x",
            "arn:aws:s3:evil.example#:123456789012:accesspoint/x",
        ] {
            assert!(AccessPoint::parse(arn).is_err(), "{arn}");
        }
    }

    #[test]
    fn the_slash_of_an_arn_does_not_end_the_bucket() {
        let arn = "arn:aws:s3:eu-central-1:123456789012:accesspoint/my-ap";
        assert_eq!(split_bucket(&format!("{arn}/a/b")), (arn, "a/b"));
        assert_eq!(split_bucket(arn), (arn, ""));
        assert_eq!(split_bucket("acme-state/a/b"), ("acme-state", "a/b"));
    }
}
