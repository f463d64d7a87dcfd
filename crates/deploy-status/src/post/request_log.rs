//! The log of requests to a forge's API.

use pipeline_http::RequestLog;
use pipeline_io::Step;

/// The log of requests that `-v` asks for.
pub(super) fn request_log(step: &Step) -> RequestLog {
    RequestLog::new(step.verbosity(), step.debug_lines())
}
