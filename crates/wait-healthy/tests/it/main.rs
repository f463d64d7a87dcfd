//! The program as a pipeline runs it, against the fakes' scripted rollouts.
#![allow(clippy::unwrap_used)]

mod ci;
mod names;
mod refusals;
mod scene;
mod verdicts;
