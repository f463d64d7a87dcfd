#![allow(clippy::unwrap_used)]

mod document;
mod edits;
mod lints;
mod meaning;
mod parse;
mod placeholders;
