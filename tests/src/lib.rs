//! What the stories and the demo share: our programs as built, an image of the sample service, and
//! the real counterparts that can be started on a machine.
//!
//! Everything started here listens on 127.0.0.1, keeps its state in a scratch directory, does not
//! touch the user's configuration and ends when its value is dropped.

pub mod counterparts;
pub mod image;
pub mod moto;
pub mod programs;
pub mod prose;
