//! What the stories across the programs, and the demo, stand on: our programs as built, an image
//! of the sample service, and the real counterparts that can be started on a machine.
//!
//! Everything started here listens on 127.0.0.1, keeps its state in a scratch folder, leaves the
//! user's configuration alone and ends when its value is dropped.

pub mod counterparts;
pub mod image;
pub mod moto;
pub mod programs;
pub mod prose;
