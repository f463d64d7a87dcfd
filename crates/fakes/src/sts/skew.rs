//! Requests that were signed at another time: the caller's clock is wrong.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::service::Service;
use crate::wire::{ApiError, Request, header};

/// The format of `x-amz-date`.
const FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// How far the clocks of S3 and its caller may differ, in seconds.
const S3_LIMIT: i64 = 15 * 60;

/// How far the clocks of any other service and its caller may differ, in seconds.
const LIMIT: i64 = 5 * 60;

/// The error for a request with a date that is too far from `now`. Presigned requests have limits of their own
/// and pass.
pub(super) fn rejection(service: Service, request: &Request, now: Timestamp) -> Option<ApiError> {
    let date = header(request, "x-amz-date")?;
    let signed = DateTime::strptime(FORMAT, date).ok()?;
    let signed = signed.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let behind = now.as_second() - signed.as_second();
    if service == Service::S3 {
        return (behind.abs() > S3_LIMIT).then(|| {
            ApiError::with_status(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            )
        });
    }
    if behind.abs() <= LIMIT {
        return None;
    }
    let text = |at: Timestamp| at.strftime(FORMAT).to_string();
    let limit = |seconds: i64| text(now + jiff::SignedDuration::from_secs(seconds));
    let present = text(now);
    let message = if behind > 0 {
        format!(
            "Signature expired: {date} is now earlier than {} ({present} - 5 min.)",
            limit(-LIMIT)
        )
    } else {
        format!(
            "Signature not yet current: {date} is still later than {} ({present} + 5 min.)",
            limit(LIMIT)
        )
    };
    Some(match service {
        Service::Sts | Service::Elb => ApiError::with_status(403, "SignatureDoesNotMatch", message),
        _ => ApiError::new("InvalidSignatureException", message),
    })
}
