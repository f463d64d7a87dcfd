//! A text of ECS, split into the failed operation, the problem and the resource.
//!
//! Decided here: what a text says, for texts that were never seen before. Never here: what it means
//! for people and what to do, which is in the catalogue.

mod denial;
mod ecr;
mod operation;
mod problem;
mod resource;

pub use denial::Denial;
pub use operation::Operation;
pub use problem::Problem;

use super::plain::{plain, straight};

/// Phrases that occur in many texts and name no operation or problem of their own.
const FILLERS: [&str; 10] = [
    "unable to pull secrets or registry auth",
    "was unable to place a task",
    "execution resource retrieval failed",
    "check your task network configuration",
    "check your network configuration",
    "for more information, see the troubleshooting section of the amazon ecs developer guide",
    "may require 'docker login'",
    "api error (500)",
    "api error (404)",
    "please try again later or in a different availability zone",
];

/// What a text of ECS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What ECS was doing.
    pub operation: Operation,
    /// What went wrong.
    pub problem: Problem,
    /// The resource that the text names, in its own spelling, e.g. a secret's ARN or an image.
    pub resource: Option<String>,
    /// The denied action, if a permission is missing.
    pub denial: Option<Denial>,
}

impl Reason {
    /// Parses a `stoppedReason`, a container's reason, an event or a `statusReason`. `None` if it does
    /// not name an operation that failed.
    pub fn parse(text: &str) -> Option<Self> {
        let original = straight(text);
        let mut text = plain(text);
        let is_network = text.contains("network configuration");
        for filler in FILLERS {
            // The length stays, so that positions in both texts are the same.
            text = text.replace(filler, &" ".repeat(filler.len()));
        }
        let operation = Operation::of(&text)?;
        let problem = match Problem::of(&text, operation == Operation::PullImage) {
            Problem::Other if is_network => Problem::Unreachable,
            problem => problem,
        };
        let denial = (problem == Problem::Denied)
            .then(|| Denial::of(&original, &text))
            .flatten();
        let resource = resource::of(&original, &text, operation);
        let host = resource::host(&original, &text);
        let place = resource.as_deref().or(host.as_deref());
        let is_pull = operation == Operation::PullImage;
        let is_about_host = matches!(problem, Problem::UnknownHost | Problem::Untrusted);
        Some(Self {
            operation: operation.refined(&text, problem, place),
            problem,
            resource: host.filter(|_| is_pull && is_about_host).or(resource),
            denial,
        })
    }
}
