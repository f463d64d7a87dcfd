//! Task and service definitions as JSON documents: read with positions, filled in, edited,
//! compared, and looked over for mistakes.
//!
//! Decided here: what a placeholder is, when two definitions mean the same, what a mistake is and
//! how bad. Never here: files, network, environment, clock. A definition stays a
//! [`serde_json::Value`] from text to wire, so that a member nobody knows is a member that
//! arrives; what AWS's service model says of members stands beside it, in [`model`].

pub mod diff;
mod document;
pub mod edits;
mod kind;
pub mod lints;
pub mod meaning;
pub mod model;
mod nearest;
mod parse;
pub mod placeholders;
pub mod pointer;
mod span;

pub use document::{Document, NoSuchPlace};
pub use nearest::nearest;
pub use parse::{MAX_BYTES, ParseError, Syntax, json_value};
pub use span::LineColumn;
