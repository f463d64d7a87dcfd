//! The commands, one file each. Every command reads the current state first, so that a re-run
//! repeats nothing.

pub mod continue_;
pub mod delete;
pub mod deploy;
mod found_deployment;
pub mod init;
pub mod rollback;
pub mod stop;
pub mod verify;
