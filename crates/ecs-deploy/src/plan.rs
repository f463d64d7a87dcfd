//! What a run would do, decided before anything is done. Declared documents and the observed state
//! go in; requests and reasons come out. No network, no clock, no files.

pub mod compare;
pub mod consistency;
pub mod declaration;
pub mod empty;
pub mod export;
pub mod images;
pub mod last_deployment;
pub mod live;
pub mod lost_write;
pub mod members;
pub mod one_off;
pub mod prune;
pub mod revision;
pub mod rollback_target;
pub mod service;
pub mod strategy;
pub mod verify;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_action;
