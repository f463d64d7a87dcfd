//! Faults that a test orders: which request, how often, and what goes wrong with it.

use std::time::Duration;

use crate::service::Service;
use crate::wire::ApiError;

/// A rule: `Fault::on("ecs", "DescribeServices").times(3).throttle()`.
///
/// Rules are asked in the order they were added; each counts the requests it fits. `skip` lets the
/// first ones pass, `times` ends it (once, unless said otherwise; [`Fault::always`] never ends it).
#[derive(Clone, Debug)]
pub struct Fault {
    rule: FaultRule,
    kind: Kind,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Error(ApiError),
    Throttle { retry_after: Option<Duration> },
    Broken { status: u16 },
    Expired,
    Denied,
    CutBeforeAnswer,
    CutAfterWork,
    CutRequestAt(u64),
    CutAnswerAt(u64),
    Delay(Duration),
    SlowLink { bytes_per_second: u64 },
    Html { status: u16 },
    Malformed,
    Bare { status: u16 },
    WithoutHeader(&'static str),
}

impl Fault {
    /// For requests of `operation` to `service` ("ecs", "registry", …); `*` fits any operation, and
    /// any service.
    pub fn on(service: &str, operation: &str) -> FaultRule {
        FaultRule {
            service: service.into(),
            operation: operation.into(),
            skip: 0,
            times: 1,
        }
    }
}

/// A rule that still lacks what goes wrong.
#[derive(Clone, Debug)]
pub struct FaultRule {
    service: String,
    operation: String,
    skip: u64,
    times: u64,
}

impl FaultRule {
    /// The first `count` fitting requests pass untouched.
    pub fn skip(mut self, count: u64) -> Self {
        self.skip = count;
        self
    }

    /// So many requests are hit.
    pub fn times(mut self, count: u64) -> Self {
        self.times = count;
        self
    }

    /// Every request is hit, to the end.
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    /// Refused as too frequent, in the service's own words (400 ThrottlingException, 429, SlowDown).
    pub fn throttle(self) -> Fault {
        self.kind(Kind::Throttle { retry_after: None })
    }

    /// As [`FaultRule::throttle`], with HTTP 429 and a Retry-After header (whole seconds).
    pub fn throttle_with_retry_after(self, after: Duration) -> Fault {
        self.kind(Kind::Throttle {
            retry_after: Some(after),
        })
    }

    /// HTTP 500, 502, 503 … in the service's own form.
    pub fn status(self, status: u16) -> Fault {
        self.kind(Kind::Broken { status })
    }

    /// This very error.
    pub fn error(self, error: ApiError) -> Fault {
        self.kind(Kind::Error(error))
    }

    /// AccessDenied with AWS's text: who, which action, which resource, why.
    pub fn denied(self) -> Fault {
        self.kind(Kind::Denied)
    }

    /// The credentials' time is over.
    pub fn expired(self) -> Fault {
        self.kind(Kind::Expired)
    }

    /// The connection is cut; nothing was done.
    pub fn cut_before_answer(self) -> Fault {
        self.kind(Kind::CutBeforeAnswer)
    }

    /// The work is done, the answer lost.
    pub fn cut_after_work(self) -> Fault {
        self.kind(Kind::CutAfterWork)
    }

    /// The connection is cut when so many bytes of the request's body have come; nothing was done.
    pub fn cut_request_at(self, byte: u64) -> Fault {
        self.kind(Kind::CutRequestAt(byte))
    }

    /// The connection is cut after so many bytes of the answer's body; the work is done.
    pub fn cut_answer_at(self, byte: u64) -> Fault {
        self.kind(Kind::CutAnswerAt(byte))
    }

    /// The answer comes so much later.
    pub fn delay(self, by: Duration) -> Fault {
        self.kind(Kind::Delay(by))
    }

    /// Bodies flow at this rate, in both directions.
    pub fn slow_link(self, bytes_per_second: u64) -> Fault {
        self.kind(Kind::SlowLink {
            bytes_per_second: bytes_per_second.max(1),
        })
    }

    /// An HTML page, as proxies and gateways send.
    pub fn html(self, status: u16) -> Fault {
        self.kind(Kind::Html { status })
    }

    /// Status 200 and a body that breaks off in the middle of its JSON or XML.
    pub fn malformed(self) -> Fault {
        self.kind(Kind::Malformed)
    }

    /// A status without any body.
    pub fn bare(self, status: u16) -> Fault {
        self.kind(Kind::Bare { status })
    }

    /// The true answer without one of its headers (`location`, `docker-content-digest`).
    pub fn without_header(self, name: &'static str) -> Fault {
        self.kind(Kind::WithoutHeader(name))
    }

    fn kind(self, kind: Kind) -> Fault {
        Fault { rule: self, kind }
    }
}

/// The rules in force.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What befalls this request: the first rule that fits and has hits left.
    pub(crate) fn strike(&mut self, service: Service, operation: &str) -> Option<Kind> {
        for Fault { rule, kind } in &mut self.0 {
            let fits = (rule.service == "*" || service == rule.service.as_str())
                && (rule.operation == "*" || rule.operation == operation);
            if !fits || rule.times == 0 {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.times != u64::MAX {
                rule.times -= 1;
            }
            return Some(kind.clone());
        }
        None
    }
}
