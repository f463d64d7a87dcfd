//! What can be done with a service, one file per command. Each finds out first what there is, and
//! does nothing twice.

pub mod continue_;
pub mod delete;
pub mod deploy;
mod found_deployment;
pub mod init;
pub mod rollback;
pub mod stop;
pub mod verify;
