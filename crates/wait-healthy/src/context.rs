//! What a wait goes by. It is made once, and everything else of the wait borrows it.

use pipeline_io::Step;

use crate::args::Plan;
use crate::clock::Clock;

/// The checked arguments, the step that the wait reports to, and the wait's clock.
#[derive(Debug)]
pub struct WaitContext<'s> {
    pub plan: Plan,
    pub step: &'s Step,
    pub clock: Clock,
}

impl<'s> WaitContext<'s> {
    /// The wait begins now.
    pub fn start(plan: Plan, step: &'s Step) -> Self {
        Self {
            plan,
            step,
            clock: Clock::start(),
        }
    }
}
