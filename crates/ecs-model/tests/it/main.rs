//! `ecs-model` with recorded responses of AWS.
#![allow(clippy::unwrap_used)]

mod deployment_ref;
mod recorded;
