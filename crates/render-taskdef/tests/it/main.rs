//! Tests of the program with files, flags and the fake cloud.
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
