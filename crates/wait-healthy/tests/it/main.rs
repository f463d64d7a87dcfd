//! The program as a pipeline runs it, against the fakes' scripted rollouts.
#![allow(clippy::unwrap_used)]

#[path = "../../../rollout/tests/it/asking.rs"]
mod asking;
mod ci;
mod cut_off;
mod histories;
mod long;
mod memory;
mod names;
mod policy;
mod polite;
mod probe;
mod refusals;
mod scene;
mod stepping_in;
mod telling;
mod terminal;
mod verdicts;
