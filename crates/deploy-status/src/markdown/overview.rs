//! The table of several services: the outcome and the cause of each.

use super::console::service_url;
use super::escape::{code, prose};
use super::steps::total_time;
use crate::report::DeploymentReport;
use crate::summary::ServiceSummary;

pub fn table(report: &DeploymentReport) -> String {
    let mut table =
        String::from("| | service | cluster | outcome | took | |\n|---|---|---|---|--:|---|\n");
    for service in &report.services {
        let or_dash = |text: &Option<String>| text.as_deref().map_or_else(|| "–".to_owned(), code);
        let summary = ServiceSummary::of(service);
        let link = service_url(
            service.region.as_deref(),
            service.cluster.as_deref(),
            service.name.as_deref(),
        );
        let link = link.map(|url| format!("[console]({url})"));
        let mut outcome = prose(&summary.what);
        for (separator, part) in [(": ", summary.cause), ("; ", summary.running)] {
            if let Some(part) = part {
                outcome.push_str(&format!("{separator}{}", prose(&part)));
            }
        }
        table.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            service.outcome.state.sign(),
            or_dash(&service.name),
            or_dash(&service.cluster),
            outcome,
            total_time(service),
            link.unwrap_or_default()
        ));
    }
    table + "\n"
}
