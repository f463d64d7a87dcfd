//! `rollout` against what AWS really answered.
#![allow(clippy::unwrap_used)]

mod handle;
mod recorded;
