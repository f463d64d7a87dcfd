//! What was observed of an ECS deployment → verdict and cause. No clock, no network, no files.

mod handle;
mod time;

pub use handle::{Handle, Home, NoHandle};
