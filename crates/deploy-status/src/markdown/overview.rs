//! The table of several services: the outcome and the cause of each.

use super::escape::{code, prose};
use super::steps::total_time;
use crate::report::DeploymentReport;
use crate::summary::ServiceSummary;

pub fn table(report: &DeploymentReport) -> String {
    let mut table =
        String::from("| | service | cluster | outcome | took |\n|---|---|---|---|--:|\n");
    for service in &report.services {
        let or_dash = |text: &Option<String>| text.as_deref().map_or_else(|| "–".to_owned(), code);
        let summary = ServiceSummary::of(service);
        let mut outcome = prose(&summary.what);
        for (separator, part) in [(": ", summary.cause), ("; ", summary.running)] {
            if let Some(part) = part {
                outcome.push_str(&format!("{separator}{}", prose(&part)));
            }
        }
        table.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            service.outcome.state.sign(),
            or_dash(&service.name),
            or_dash(&service.cluster),
            outcome,
            total_time(service)
        ));
    }
    table + "\n"
}
