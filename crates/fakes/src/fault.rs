//! Faults that a test adds: which request, how often, and what goes wrong.

use std::time::Duration;

use crate::service::Service;
use crate::wire::ApiError;

/// A rule: `Fault::on("ecs", "DescribeServices").times(3).throttle()`.
///
/// Rules are tried in the order in which they were added; each counts the requests that it matches. `skip` lets the
/// first ones pass, `times` limits it (once by default; [`Fault::always`] never ends).
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

impl Kind {
    /// The name in records and reports.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Error(_) => "error",
            Self::Throttle { retry_after: None } => "throttle",
            Self::Throttle { .. } => "throttle with Retry-After",
            Self::Broken { .. } => "5xx",
            Self::Expired => "expired",
            Self::Denied => "denied",
            Self::CutBeforeAnswer => "cut before the work",
            Self::CutAfterWork => "cut after the work",
            Self::CutRequestAt(_) => "cut request",
            Self::CutAnswerAt(_) => "cut response",
            Self::Delay(_) => "delay",
            Self::SlowLink { .. } => "slow link",
            Self::Html { .. } => "HTML page",
            Self::Malformed => "malformed response",
            Self::Bare { .. } => "status without body",
            Self::WithoutHeader(_) => "missing header",
        }
    }
}

impl Fault {
    /// For requests of `operation` to `service` (e.g. "ecs" or "registry"); `*` matches every operation, and
    /// every service.
    pub fn on(service: &str, operation: &str) -> FaultRule {
        FaultRule {
            service: service.into(),
            operation: operation.into(),
            skip: 0,
            times: 1,
            percent: 100,
        }
    }
}

/// A rule without a fault yet.
#[derive(Clone, Debug)]
pub struct FaultRule {
    service: String,
    operation: String,
    skip: u64,
    times: u64,
    percent: u8,
}

impl FaultRule {
    /// Lets the first `count` matching requests pass.
    pub fn skip(mut self, count: u64) -> Self {
        self.skip = count;
        self
    }

    /// Applies to this number of requests.
    pub fn times(mut self, count: u64) -> Self {
        self.times = count;
        self
    }

    /// Applies to every request.
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    /// Applies to this share of the matching requests, chosen at random from the cloud's seed.
    pub fn percent(mut self, percent: u8) -> Self {
        self.percent = percent;
        self
    }

    /// Throttles in the service's own words (e.g. 400 ThrottlingException, 429, SlowDown).
    pub fn throttle(self) -> Fault {
        self.kind(Kind::Throttle { retry_after: None })
    }

    /// Like [`FaultRule::throttle`], with HTTP 429 and a Retry-After header (whole seconds).
    pub fn throttle_with_retry_after(self, after: Duration) -> Fault {
        self.kind(Kind::Throttle {
            retry_after: Some(after),
        })
    }

    /// An HTTP status (e.g. 500 or 503) in the service's own format.
    pub fn status(self, status: u16) -> Fault {
        self.kind(Kind::Broken { status })
    }

    /// Exactly this error.
    pub fn error(self, error: ApiError) -> Fault {
        self.kind(Kind::Error(error))
    }

    /// AccessDenied with AWS's message: caller, action, resource, reason.
    pub fn denied(self) -> Fault {
        self.kind(Kind::Denied)
    }

    /// The credentials have expired.
    pub fn expired(self) -> Fault {
        self.kind(Kind::Expired)
    }

    /// The connection is cut before any work is done.
    pub fn cut_before_answer(self) -> Fault {
        self.kind(Kind::CutBeforeAnswer)
    }

    /// The work is done, and the response is lost.
    pub fn cut_after_work(self) -> Fault {
        self.kind(Kind::CutAfterWork)
    }

    /// The connection is cut after this many bytes of the request's body; no work is done.
    pub fn cut_request_at(self, byte: u64) -> Fault {
        self.kind(Kind::CutRequestAt(byte))
    }

    /// The connection is cut after this many bytes of the response's body; the work is done.
    pub fn cut_answer_at(self, byte: u64) -> Fault {
        self.kind(Kind::CutAnswerAt(byte))
    }

    /// The response is delayed by this time.
    pub fn delay(self, by: Duration) -> Fault {
        self.kind(Kind::Delay(by))
    }

    /// Limits the rate of bodies in both directions, in bytes per second.
    pub fn slow_link(self, bytes_per_second: u64) -> Fault {
        self.kind(Kind::SlowLink {
            bytes_per_second: bytes_per_second.max(1),
        })
    }

    /// An HTML page, like those of proxies and gateways.
    pub fn html(self, status: u16) -> Fault {
        self.kind(Kind::Html { status })
    }

    /// Status 200 and a body that ends in the middle of its JSON or XML.
    pub fn malformed(self) -> Fault {
        self.kind(Kind::Malformed)
    }

    /// A status without a body.
    pub fn bare(self, status: u16) -> Fault {
        self.kind(Kind::Bare { status })
    }

    /// The true response without one of its headers (e.g. `location`).
    pub fn without_header(self, name: &'static str) -> Fault {
        self.kind(Kind::WithoutHeader(name))
    }

    fn kind(self, kind: Kind) -> Fault {
        Fault { rule: self, kind }
    }
}

/// The active rules, and the random numbers for those that apply to a share of the requests.
pub(crate) struct Faults {
    active: Vec<Fault>,
    random: fastrand::Rng,
}

impl Faults {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self {
            active: Vec::new(),
            random: fastrand::Rng::with_seed(seed),
        }
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.active.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.active.clear();
    }

    /// The fault for this request: the first rule that matches and is not used up.
    pub(crate) fn strike(&mut self, service: Service, operation: &str) -> Option<Kind> {
        for Fault { rule, kind } in &mut self.active {
            let fits = (rule.service == "*" || service == rule.service.as_str())
                && (rule.operation == "*" || rule.operation == operation);
            if !fits || rule.times == 0 {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.percent < 100 && self.random.u8(..100) >= rule.percent {
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
