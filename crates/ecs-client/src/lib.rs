//! Reads and controls ECS for every program: JSON in, JSON out, and AWS's errors unchanged.
//!
//! Decided here: which requests make up a read, how often they are sent, when a call counts as
//! unavailable, and what a rejected rollback, stop or continuation means. Never decided here: what
//! a response means for a deployment, and which exit code an error has.

mod availability;
mod ecs;
mod error;
mod log_stream;
mod reader;
mod steer;

pub use availability::Availability;
pub use ecs::{Ecs, Operation, RetryMode};
pub use error::{NoCluster, ReadError};
pub use log_stream::{LogFollower, LogPage, LogStream};
pub use reader::{DeploymentPages, ServiceReader, TASKS_PER_CALL, Tags, typed};
pub use steer::{SteerOutcome, continue_deployment, rollback, stop};
