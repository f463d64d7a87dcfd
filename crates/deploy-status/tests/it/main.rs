#![allow(clippy::unwrap_used)]

mod comments;
mod foreign;
mod posting;
mod reading;
mod redaction;
mod scene;
