#![allow(clippy::unwrap_used)]

mod proxy;
mod stdout;
