//! The real program with real counterparts (Debian's docker-registry, skopeo, a Docker engine), and
//! with faults that none of these has (the fakes).
#![allow(clippy::unwrap_used)]

mod archives;
mod counterpart;
mod debug;
mod ecr;
mod ecr_rules;
mod endpoints;
mod engine;
mod faults;
mod hostile;
mod killed;
mod policy;
mod producers;
mod program;
mod quirks;
mod sample;
mod saved;
mod straight;
mod token_service;
