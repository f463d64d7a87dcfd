//! Task and service definitions as JSON documents: parses them with locations, fills in
//! placeholders, edits, compares and checks them.
//!
//! Decided here: what a placeholder is, when two definitions mean the same, what a mistake is and
//! how severe it is. Never here: files, network, environment, clock. A definition stays a
//! [`serde_json::Value`] from the text to the request, so that ECS receives even the members that
//! this version does not know. What AWS's service model defines about members is in [`model`].

pub mod diff;
mod document;
pub mod edits;
pub mod lints;
mod managed_tags;
pub mod meaning;
pub mod model;
mod nearest;
mod parse;
pub mod placeholders;
pub mod pointer;
mod span;
mod value_kind;

pub use document::{Document, PointerError};
pub use managed_tags::DIGEST_TAG;
pub use nearest::nearest;
pub use parse::{MAX_BYTES, ParseError, Syntax, json_value};
pub use span::LineColumn;
