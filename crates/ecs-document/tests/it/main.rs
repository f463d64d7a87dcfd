#![allow(clippy::unwrap_used)]

mod diff;
mod document;
mod edits;
mod lints;
mod meaning;
mod parse;
mod placeholders;
mod properties;
