//! The real program: files, flags, the fake cloud.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod edits;
mod findings;
mod live;
mod official;
mod policy;
mod scene;
mod secret_names;
mod straight;
