//! `rollout` against what AWS really answered.
#![allow(clippy::unwrap_used)]

mod catalogue;
mod handle;
mod recorded;
