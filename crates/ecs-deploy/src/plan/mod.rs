//! What a run would do, decided before anything is done: declared documents and what was observed
//! in, requests and reasons out. No network, no clock, no files; tested by tables.

pub mod compare;
pub mod images;
pub mod landed;
pub mod last;
pub mod live;
pub mod members;
pub mod oneoff;
pub mod portrait;
pub mod prune;
pub mod revision;
pub mod service;
pub mod strategy;
pub mod undo;
pub mod verify;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_action;
