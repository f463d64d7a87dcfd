//! Reports a Terraform plan like a deployment: in a comment that is kept up to date and in the job
//! summary. Drift is reported in one issue, which is open as long as there is drift.
//!
//! Decided here: what a plan means for a status. How it is posted is decided in `publish`.

mod markdown;
mod plan_summary;

use std::path::Path;

use serde_json::{Map, Value, json};

pub use markdown::render;
pub use plan_summary::{ChangeKind, PlanSummary, PlannedChange, read};

use crate::error::Error;
use crate::markdown::{ReportContext, footer};
use crate::publish::Publication;
use crate::report::DeploymentState;

/// Maximum size of a plan, in bytes. A plan of thousands of resources has tens of megabytes.
const PLAN_LIMIT: u64 = 256 * 1024 * 1024;

/// A report about a plan, and its context.
pub struct PlanPublication<'a> {
    plan: PlanSummary,
    context: &'a ReportContext,
}

/// Reads a plan in JSON from a file.
///
/// # Errors
/// The file cannot be read, or it is not a plan.
pub fn read_file<'a>(
    file: &Path,
    context: &'a ReportContext,
) -> Result<PlanPublication<'a>, Error> {
    let text = pipeline_io::read_text("Terraform plan", file, PLAN_LIMIT)?;
    let plan = read(&text).map_err(|why| Error::TerraformPlan {
        file: file.to_owned(),
        why,
    })?;
    Ok(PlanPublication { plan, context })
}

impl Publication for PlanPublication<'_> {
    fn render(&self, limit: usize) -> String {
        let name = self.context.name.as_deref();
        render(&self.plan, name, &footer(self.context), limit)
    }

    fn state(&self) -> DeploymentState {
        if self.plan.is_incomplete {
            DeploymentState::Failed
        } else {
            DeploymentState::Succeeded
        }
    }

    fn summary(&self) -> String {
        format!("terraform plan: {}", self.plan.counts())
    }

    fn data(&self) -> Map<String, Value> {
        let destroyed = self.plan.changes.iter();
        let destroyed: Vec<&str> = destroyed
            .filter(|change| matches!(change.kind, ChangeKind::Destroy | ChangeKind::Replace))
            .map(|change| change.address.as_str())
            .collect();
        let counts = [
            ("add", ChangeKind::Add),
            ("change", ChangeKind::Change),
            ("destroy", ChangeKind::Destroy),
            ("replace", ChangeKind::Replace),
            ("import", ChangeKind::Import),
            ("forget", ChangeKind::Forget),
        ];
        let mut data = Map::new();
        data.insert("outcome".to_owned(), json!(self.plan.counts()));
        for (name, kind) in counts {
            data.insert(name.to_owned(), json!(self.plan.count(kind)));
        }
        data.insert("drifted".to_owned(), json!(self.plan.drifted.len()));
        data.insert("destroyed".to_owned(), json!(destroyed));
        data
    }

    fn has_drift(&self) -> Option<bool> {
        Some(!self.plan.is_empty())
    }
}
