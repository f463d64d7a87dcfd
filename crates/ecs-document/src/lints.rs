//! Lints: mistakes in a task definition that ECS would reject, or would accept without a word.
//!
//! Decided here: an error is what ECS rejects or what cannot run, a warning is what ECS accepts
//! although it is seldom intended. Each lint has a code and a page, `docs/lints/CODE.md`. Never
//! here: what to do about a lint. No message contains the value of an environment variable.

mod code;
mod containers;
mod context;
mod dependencies;
mod fargate;
mod health;
mod images;
mod limits;
mod logs;
mod names;
mod network;
mod references;
mod secrets;
mod service;
mod shape;
mod size;
mod tags;
mod typos;
mod volumes;
mod windows;

use crate::Document;
use crate::model::DocumentKind;
pub use code::{LintCode, ParseLintCodeError, Severity, index};
use context::LintContext;
pub use context::{DeploymentTarget, Lint, service_is_fargate};
pub use size::fargate_memory;

/// Checks a task definition. The lints are in the order of the text.
pub fn lint(document: &Document, target: &DeploymentTarget) -> Vec<Lint> {
    let mut context = LintContext::new(document, DocumentKind::TaskDefinition, target);
    shape::check(&mut context);
    names::check_family(&mut context);
    tags::check(&mut context);
    volumes::check(&mut context);
    if document.value()["containerDefinitions"].is_array() {
        names::check(&mut context);
        containers::check(&mut context);
        dependencies::check(&mut context);
        health::check(&mut context);
        network::check(&mut context);
        size::check(&mut context);
        fargate::check(&mut context);
        logs::check(&mut context);
        images::check(&mut context);
        references::check(&mut context);
        secrets::check(&mut context);
        limits::check(&mut context);
        windows::check(&mut context);
    }
    sorted(context.found)
}

/// Checks a definition of another kind, e.g. of a service. The lints are in the order of the text.
pub fn lint_request(
    document: &Document,
    kind: DocumentKind,
    target: &DeploymentTarget,
) -> Vec<Lint> {
    let mut context = LintContext::new(document, kind, target);
    shape::types(&mut context);
    if kind == DocumentKind::CreateService {
        service::check(&mut context);
        limits::check_service(&mut context);
        tags::check(&mut context);
    }
    sorted(context.found)
}

fn sorted(mut found: Vec<Lint>) -> Vec<Lint> {
    found.sort_by(|one, other| {
        (one.location, one.code.as_str()).cmp(&(other.location, other.code.as_str()))
    });
    found
}
