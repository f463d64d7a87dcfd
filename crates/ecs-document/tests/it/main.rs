#![allow(clippy::unwrap_used)]

mod document;
mod parse;
mod placeholders;
