#![allow(clippy::unwrap_used)]

mod fuzz;
mod reading;
mod refusals;
mod round_trip;
mod streaming;
