//! Tests the fakes: their responses against AWS's service models and recorded bodies, their
//! rollouts against the known behavior of ECS, their faults over real sockets.

#![allow(clippy::unwrap_used)]

mod client;
mod conformance;
mod conformance_others;
mod ecr;
mod failures;
mod faults;
mod github;
mod gitlab;
mod model;
mod recorded;
mod recorded_tasks;
mod registry;
mod registry_traps;
mod rollouts;
mod s3;
mod scene;
mod services;
mod staged;
mod sts;
mod tasks;
mod wire;
