//! Reads and steers ECS for every program: JSON in and JSON out, with AWS's errors as they are.
//!
//! Decided here: what one question to ECS is, how often it is asked, when a call counts as
//! unavailable, and what a refused rollback, stop or continuation means. Never here: what an answer
//! means for a deployment, and which exit code an error gets.

mod availability;
mod ecs;
mod error;
mod log_stream;
mod reader;
mod steer;

pub use availability::Availability;
pub use ecs::{Ecs, Operation, RetryMode};
pub use error::ReadError;
pub use log_stream::{LogFollower, LogPage, LogStream};
pub use reader::{DeploymentPages, ServiceReader, Tags, typed};
pub use steer::{Steered, continue_deployment, rollback, stop};
