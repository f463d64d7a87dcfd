#![allow(clippy::unwrap_used)]

mod commands;
mod comments;
mod github;
mod gitlab;
mod html;
mod other_runs;
mod posting;
mod reading;
mod redaction;
mod scene;
mod statuses;
mod terraform;
mod untrusted;
