//! Stories across the programs, and the rules for the whole repository.
#![allow(clippy::unwrap_used)]

mod actions;
mod architecture;
mod binaries;
mod chaos;
mod circles;
mod demo;
mod dependencies;
mod docs;
mod image;
mod independent_ecs;
mod installer;
mod migrating;
mod moto;
mod one_parser;
mod prose;
mod release;
mod replaced;
mod spelling;
mod usage;
