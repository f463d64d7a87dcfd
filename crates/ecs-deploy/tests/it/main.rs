//! The real program against the fake cloud.
#![allow(clippy::unwrap_used)]

mod again;
mod bad_files;
mod ci_run;
mod deploys;
mod deregistered;
mod faults;
mod heals;
mod inits;
mod killed;
mod members;
mod policies;
mod policy;
mod prunes;
mod races;
mod refuses;
mod scene;
mod stories;
mod tasks;
mod undo;
mod verifies;
mod wait_permissions;
