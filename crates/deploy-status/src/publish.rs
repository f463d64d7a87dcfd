//! Publishes a report: in the job summary, where the user requested it, and on stdout.
//!
//! Decided here: the order, and that a report that cannot be posted is an error only with
//! `--require-comment`. Never here: what the report contains.

use std::path::Path;

use pipeline_io::{Done, Step, command_free_text};
use serde_json::{Map, Value, json};

use crate::args::StatusRequest;
use crate::error::{Error, PostError};
use crate::html;
use crate::post::{PostContent, PostOutcome};
use crate::report::DeploymentState;

/// The longest report on a web page, in UTF-16 units: nothing is omitted from an ordinary report.
const PAGE_LIMIT: usize = 1_000_000;

/// A report that can be published.
pub trait Publication {
    /// Renders the report as Markdown in at most `limit` UTF-16 units.
    fn render(&self, limit: usize) -> String;

    /// The outcome, for a commit status.
    fn state(&self) -> DeploymentState;

    /// One line for the description of a status.
    fn summary(&self) -> String;

    /// The members of `data` in the result file that describe the report.
    fn data(&self) -> Map<String, Value>;

    /// Whether there is drift. `None` if the report is not about drift.
    fn has_drift(&self) -> Option<bool> {
        None
    }
}

/// Publishes the report.
///
/// # Errors
/// Something cannot be posted, and the user requires it.
pub async fn publish(
    report: &impl Publication,
    request: &StatusRequest,
    step: &Step,
) -> Result<Done, Error> {
    let markdown = report.render(request.comment_limit());
    let summary_limit = step.ci().host().summary_limit();
    // The summary comes first, because it remains if nothing else can be written.
    if let Some(limit) = summary_limit {
        step.summary(&report.render(limit));
    }
    if let Some(file) = &request.html {
        write_page(report, file)?;
        step.info(format!("report written to {}", file.display()));
    }
    write_data(report, &PostOutcome::default(), step);
    if request.target.is_none() && summary_limit.is_some() {
        step.info("report written to the job summary");
    }
    let posted = post(report, request, &markdown, step).await;
    write_data(report, &posted, step);
    print_comment(request, &posted, step);

    for error in &posted.failed {
        if !request.is_post_required {
            step.warn(format!("{error}; {}", error.hint()));
        }
    }
    let is_posted = request.target.is_some() && posted.failed.is_empty();
    if let (true, Some(error)) = (request.is_post_required, posted.failed.into_iter().next()) {
        return Err(error.into());
    }
    if let Some(url) = &posted.comment_url {
        step.output("comment-url", url);
    }
    let verdict = if is_posted { "posted" } else { "written" };
    // A CI host reads commands from stdout, too.
    Ok(Done::value(verdict, command_free_text(&markdown)))
}

fn write_page(report: &impl Publication, file: &Path) -> Result<(), Error> {
    let page = html::page(&report.render(PAGE_LIMIT), &report.summary());
    pipeline_io::write_atomically(file, page.as_bytes()).map_err(Error::HtmlFile)
}

async fn post(
    report: &impl Publication,
    request: &StatusRequest,
    markdown: &str,
    step: &Step,
) -> PostOutcome {
    let Some(target) = &request.target else {
        let error = request.is_post_required.then_some(PostError::NoTarget);
        return PostOutcome {
            failed: error.into_iter().collect(),
            ..PostOutcome::default()
        };
    };
    let summary = report.summary();
    let content = PostContent {
        markdown,
        state: report.state(),
        summary: &summary,
        run_url: request.context.run_url.as_deref(),
        environment_url: request.context.environment_url.as_deref(),
    };
    let mut posted = target.post(&content, step).await;
    if let (true, Some(has_drift)) = (request.drift_issue, report.has_drift()) {
        match target.drift_issue(has_drift, &content, step).await {
            Ok(Some(issue)) => {
                step.info(format!("issue {} {}", issue.number, issue.what));
                posted.comment_url = posted.comment_url.or(issue.url);
            }
            Ok(None) => {}
            Err(error) => posted.failed.push(error),
        }
    }
    posted
}

/// Writes the `data` of the result file. It is written before and after posting, so that it is
/// complete even if posting is interrupted.
fn write_data(report: &impl Publication, posted: &PostOutcome, step: &Step) {
    let mut data = report.data();
    let not_posted: Vec<String> = posted.failed.iter().map(ToString::to_string).collect();
    data.insert("comment".to_owned(), json!(posted.comment));
    data.insert("commentUrl".to_owned(), json!(posted.comment_url));
    data.insert("notPosted".to_owned(), json!(not_posted));
    step.data(&data);
}

fn print_comment(request: &StatusRequest, posted: &PostOutcome, step: &Step) {
    if let (Some(what), Some(target)) = (posted.comment, &request.target) {
        let number = target.request.unwrap_or_default();
        step.info(format!("comment on {} {number} {what}", target.repository));
    }
}
