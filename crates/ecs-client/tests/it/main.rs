//! The client against the fake cloud.
#![allow(clippy::unwrap_used)]

mod logs;
mod reads;
mod scene;
mod steers;
