//! Runs the program as a pipeline does, against scripted rollouts of the fakes.
#![allow(clippy::unwrap_used)]

mod access_lost;
#[path = "../../../rollout/tests/it/asking.rs"]
mod asking;
mod causes;
mod ci;
mod deployment_refs;
mod histories;
mod limits;
mod long;
mod memory;
mod output;
mod policy;
mod probe;
mod refusals;
mod request_rate;
mod rollback;
mod scene;
mod seeds;
mod slow_aws;
mod terminal;
mod verdicts;
