#![allow(clippy::unwrap_used)]

mod comments;
mod gitlab;
mod posting;
mod reading;
mod redaction;
mod scene;
mod terraform;
mod untrusted;
