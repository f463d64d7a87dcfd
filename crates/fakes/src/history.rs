//! Random true histories of a deployment, and the truth about each.
//!
//! A history is what really happened at ECS, on a time line of milliseconds from the write that
//! began our deployment: when ECS decided what, when each task ran, was healthy, stopped. It is
//! shown through AWS's answers ([`Window`]), late, out of order, or not at all. The truth about
//! it ([`Truth`]) is read off the time line, so it shares nothing with a program that has to guess
//! it from the responses: no code, no type.
//!
//! A seed names a history; the same seed is the same history.

mod draft;
mod endpoint;
mod epochs;
mod fate;
mod line;
mod lives;
mod model;
mod picture;
mod plot;
mod task;
mod truth;
mod window;

pub use endpoint::Endpoint;
pub use epochs::Epochs;
pub use line::{Line, Ms};
pub use model::{BEFORE, End, History, OURS, Strategy};
pub(crate) use model::{Classic, ServiceDeployment};
pub use picture::GROUPS;
pub use truth::{Ask, Claim, Reach, Truth};
pub use window::{Look, Read, Seen, Window};

use task::TaskLife;

impl History {
    /// The history of a seed.
    pub fn of(seed: u64) -> Self {
        plot::write(seed)
    }

    /// Our service deployment.
    pub(crate) fn ours(&self) -> &ServiceDeployment {
        // Each plot writes exactly one.
        let mut ours = self.deployments.iter().filter(|d| d.id == "ours");
        ours.next().unwrap_or(&self.deployments[0])
    }

    /// Our tasks: not those of an earlier deployment of our revision.
    pub(crate) fn our_tasks(&self) -> impl Iterator<Item = &TaskLife> {
        let ours = |task: &&TaskLife| task.deployment == OURS && task.created >= 0;
        self.tasks.iter().filter(ours)
    }

    /// The moment after which nothing changes.
    pub fn over_at(&self) -> Ms {
        self.epochs().last_change()
    }
}
