//! `ecs-model` against what AWS really answered.
#![allow(clippy::unwrap_used)]

mod deployment_ref;
mod recorded;
