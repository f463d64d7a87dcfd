#![allow(clippy::unwrap_used)]

mod comments;
mod github;
mod gitlab;
mod posting;
mod reading;
mod redaction;
mod scene;
mod statuses;
mod terraform;
mod untrusted;
