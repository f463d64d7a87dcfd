//! The log of requests to the API of a forge.

use pipeline_http::RequestLog;
use pipeline_io::Step;

/// The log of requests that `-v` shows.
pub(super) fn request_log(step: &Step) -> RequestLog {
    RequestLog::new(step.verbosity(), step.debug_lines())
}
