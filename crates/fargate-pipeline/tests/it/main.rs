//! The multi-call program, and the commands of a whole deployment against an emulated AWS and GitHub.

#![allow(clippy::unwrap_used)]

mod builds;
mod configured;
mod deploys;
mod fails;
mod killed;
mod proxy;
mod root_action;
mod scene;
mod stdout;
