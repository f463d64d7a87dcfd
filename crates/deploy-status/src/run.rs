//! The steps of a run: read the results or the plan, and publish the report.
//!
//! Decided here: what the program reports. It never fails a pipeline because a deployment failed.

use pipeline_io::{Done, Interrupt, Step};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::args::{Args, StatusRequest};
use crate::error::Error;
use crate::markdown::{ReportContext, render};
use crate::publish::{Publication, publish};
use crate::report::{DeploymentReport, DeploymentState};
use crate::summary::{ServiceSummary, counts};
use crate::{results, terraform};

/// Length of a summary, in characters: the limit of a commit status on GitHub, which is the shortest.
const STATUS_LENGTH: usize = 140;

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let request = args.request(|name| std::env::var(name).ok())?;
    let context = &request.context;
    Ok(match &request.terraform_plan {
        Some(file) => publish(&terraform::read_file(file, context)?, &request, step).await?,
        None => publish(&read_results(&request, step)?, &request, step).await?,
    })
}

/// A report about a deployment, and its context.
struct DeploymentPublication<'a> {
    report: DeploymentReport,
    context: &'a ReportContext,
}

/// What the result file contains about a service.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceData<'a> {
    service: Option<&'a str>,
    cluster: Option<&'a str>,
    outcome: &'a str,
    step: Option<&'a str>,
}

fn read_results<'a>(
    request: &'a StatusRequest,
    step: &Step,
) -> Result<DeploymentPublication<'a>, Error> {
    let run_id = request.run_id.as_deref();
    let all = results::read(&request.results, run_id)
        .map_err(|(directory, source)| Error::Directory { directory, source })?;
    for left_behind in all.iter().flat_map(|results| &results.of_other_runs) {
        step.warn(format!(
            "{} is ignored: it is the result of run {}, and this is run {}; delete the directory before the first step",
            left_behind.file.display(),
            left_behind.run_id,
            run_id.unwrap_or_default()
        ));
    }
    if all.iter().all(|results| results.steps.is_empty()) {
        let directories: Vec<String> = request
            .results
            .iter()
            .map(|directory| directory.display().to_string())
            .collect();
        step.warn(format!(
            "no step wrote a result file in {}",
            directories.join(", ")
        ));
    }
    let mut report = DeploymentReport::of(all);
    if let Some(step) = &request.failed_step {
        report.record_failed_step(step);
    }
    Ok(DeploymentPublication {
        report,
        context: &request.context,
    })
}

impl Publication for DeploymentPublication<'_> {
    fn render(&self, limit: usize) -> String {
        render(&self.report, self.context, limit)
    }

    fn state(&self) -> DeploymentState {
        self.report.state()
    }

    /// The summary of the only service, or the counts of all services.
    fn summary(&self) -> String {
        match self.report.services.as_slice() {
            [service] => ServiceSummary::of(service).one_line(STATUS_LENGTH),
            _ => counts(&self.report),
        }
    }

    fn data(&self) -> Map<String, Value> {
        let services = self.report.services.iter();
        let services: Vec<ServiceData<'_>> = services
            .map(|service| ServiceData {
                service: service.name.as_deref(),
                cluster: service.cluster.as_deref(),
                outcome: service.outcome.state.phrase(),
                step: service.outcome.step.as_deref(),
            })
            .collect();
        Map::from_iter([
            ("outcome".to_owned(), json!(self.report.state().phrase())),
            ("services".to_owned(), json!(services)),
        ])
    }
}
