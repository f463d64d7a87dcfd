#![allow(clippy::unwrap_used)]

mod document;
mod meaning;
mod parse;
mod placeholders;
