#![allow(clippy::unwrap_used)]

mod backend;
mod backend_s3;
mod ci;
mod fuzz;
mod hcp;
mod http;
mod large;
mod policy;
mod readers;
mod real;
mod refusals;
mod round_trip;
mod run;
mod s3;
mod s3_outages;
mod selecting;
mod server;
mod writing;
