//! Stories across the programs, and what must hold of the whole house.
#![allow(clippy::unwrap_used)]

mod actions;
mod architecture;
mod binaries;
mod circles;
mod demo;
mod docs;
mod image;
mod migrating;
mod moto;
mod one_parser;
mod prose;
mod release;
mod replaced;
