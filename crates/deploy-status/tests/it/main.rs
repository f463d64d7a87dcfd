#![allow(clippy::unwrap_used)]

mod comments;
mod foreign;
mod gitlab;
mod posting;
mod reading;
mod redaction;
mod scene;
mod terraform;
