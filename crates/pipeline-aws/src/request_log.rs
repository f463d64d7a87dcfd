//! The log of requests to AWS.

use pipeline_http::RequestLog;
use pipeline_io::Step;

/// The log of requests that `-v` asks for.
pub(crate) fn request_log(step: &Step) -> RequestLog {
    RequestLog::new(step.verbosity(), step.debug_lines())
}
