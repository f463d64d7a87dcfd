#![allow(clippy::unwrap_used)]

mod stdout;
