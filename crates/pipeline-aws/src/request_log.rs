//! The request log of a step.

use pipeline_http::RequestLog;
use pipeline_io::Step;

/// The request log that `-v` switches on.
pub(crate) fn request_log(step: &Step) -> RequestLog {
    RequestLog::new(step.verbosity(), step.debug_lines())
}
