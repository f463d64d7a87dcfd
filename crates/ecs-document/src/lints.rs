//! Mistakes in a task definition, found before AWS finds them, or before nobody does.
//!
//! An error is what ECS refuses, or what cannot run; a warning is what it takes and what is seldom
//! meant. Each has a code and a page, `docs/lints/CODE.md`. No message ever holds the value of a
//! variable.

mod code;
mod containers;
mod dependencies;
mod fargate;
mod health;
mod images;
mod logs;
mod look;
mod names;
mod network;
mod references;
mod secrets;
mod shape;
mod size;

use crate::Document;
pub use code::{Code, ParseCodeError, Severity, index};
use look::Look;
pub use look::{Context, Lint};
pub use size::fargate_memory;

/// Looks a task definition over. The findings come in the order of the text.
pub fn lint(document: &Document, context: &Context) -> Vec<Lint> {
    let mut look = Look::new(document, context);
    shape::look(&mut look);
    if document.value()["containerDefinitions"].is_array() {
        names::look(&mut look);
        containers::look(&mut look);
        dependencies::look(&mut look);
        health::look(&mut look);
        network::look(&mut look);
        size::look(&mut look);
        fargate::look(&mut look);
        logs::look(&mut look);
        images::look(&mut look);
        references::look(&mut look);
        secrets::look(&mut look);
    }
    let mut found = look.found;
    found.sort_by(|one, other| {
        (one.place, one.code.as_str()).cmp(&(other.place, other.code.as_str()))
    });
    found
}
