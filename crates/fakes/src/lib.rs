//! AWS, an OCI registry, GitHub and GitLab on loopback, for tests and the demo.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use fakes::{Cloud, Fault, Rollout};
//! use serde_json::json;
//!
//! let cloud = Cloud::start();
//! cloud.ecs().cluster("demo");
//! let group = cloud.elb().target_group("web", 8080);
//! cloud.call("ecs", "RegisterTaskDefinition", json!({
//!     "family": "web",
//!     "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
//!     "containerDefinitions": [
//!         {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 8080}]},
//!     ],
//! })).unwrap();
//! cloud.ecs().running_service(json!({
//!     "cluster": "demo", "serviceName": "web", "taskDefinition": "web", "desiredCount": 2,
//!     "launchType": "FARGATE",
//!     "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f67890"]}},
//!     "loadBalancers": [
//!         {"targetGroupArn": group.arn, "containerName": "app", "containerPort": 8080},
//!     ],
//! })).unwrap();
//! // Each deployment that UpdateService starts from here on follows the next script.
//! cloud.ecs().script("web", Rollout::healthy().over(Duration::from_secs(3)));
//! cloud.ecs().script("web", Rollout::crashing().exit_code(1).log_lines(["no database"]));
//! cloud.fault(Fault::on("ecs", "DescribeServices").times(3).throttle());
//! // Run a program with `--endpoint-url` cloud.endpoint_url() and the environment cloud.env(),
//! // then look at what it asked for:
//! let sent = cloud.requests_of("ecs", "RegisterTaskDefinition");
//! # let _ = sent;
//! ```
//!
//! **Scripts, not decisions.** The fakes do not decide how a deployment goes; a script defines what
//! happens and when ([`Rollout`], [`Change`]), on a clock that is the machine's or a test's
//! ([`Clock`]). IDs come from a seed ([`Builder::seed`]), so that a story is the same each time.
//!
//! **Without sockets**, [`Cloud::answer`] returns the same responses.
//!
//! This crate does not depend on the crates that it tests: it is an independent source of truth.

mod clock;
mod cloud;
mod dispatch;
mod ecr;
mod ecs;
mod elb;
mod fault;
mod github;
mod gitlab;
pub mod history;
mod ids;
mod logs;
mod permission;
mod protocol;
mod query;
mod record;
mod registry;
mod required;
mod s3;
mod server;
mod service;
mod sts;
mod wire;
mod world;

pub use clock::Clock;
pub use cloud::{Builder, Cloud};
pub use ecr::{Ecr, Finding, Scan};
pub use ecs::{Change, Ecs, OneOff, OneOffStep, Rollout, Stop};
pub use elb::{Elb, Health, TargetGroup};
pub use fault::{Fault, FaultRule};
pub use github::{Asset, Comment, Github, Issue, Release, WorkflowRun};
pub use gitlab::{Gitlab, Note};
pub use logs::Logs;
pub use permission::Permission;
pub use record::Recorded;
pub use registry::{Manifest, Registry};
pub use s3::S3;
pub use service::Service;
pub use sts::{Sts, Trust};
pub use wire::{Answer, ApiError, Body, Request, Response};
