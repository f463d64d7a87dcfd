//! What all parts of a wait need. It is created once, and everything else borrows it.

use pipeline_io::Step;

use crate::args::WaitRequest;
use crate::clock::WaitClock;

/// The validated arguments, the step that the wait reports to, and its clock.
#[derive(Debug)]
pub struct WaitContext<'s> {
    pub request: WaitRequest,
    pub step: &'s Step,
    pub clock: WaitClock,
}

impl<'s> WaitContext<'s> {
    /// Starts the wait, and its clock, now.
    pub fn start(request: WaitRequest, step: &'s Step) -> Self {
        Self {
            request,
            step,
            clock: WaitClock::start(),
        }
    }
}
