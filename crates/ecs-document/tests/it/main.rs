#![allow(clippy::unwrap_used)]

mod document;
mod edits;
mod meaning;
mod parse;
mod placeholders;
