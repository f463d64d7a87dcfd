//! `rollout` against what AWS really answered.
#![allow(clippy::unwrap_used)]

mod asking;
mod by_deployment;
mod by_service;
mod catalogue;
mod diagnosis;
mod events;
mod histories;
mod intervention;
mod proof;
mod question;
mod recorded;
mod scene;
