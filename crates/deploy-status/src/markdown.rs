//! Renders the report as Markdown, for comments and for the job summary.
//!
//! Decided here: the order of the report, and what is omitted first if it is too long.

mod console;
mod details;
mod escape;
mod fold;
mod overview;
mod steps;

use details::DetailLimits;
pub use escape::{address as link_target, code, fence, prose};

use crate::data::{EcrPush, EcsDeploy, WaitHealthy};
use crate::report::{DeploymentReport, DeploymentState, ServiceReport};
use crate::summary::{ServiceSummary, counts};

/// What a report shows in addition to the results.
#[derive(Clone, Debug, Default)]
pub struct ReportContext {
    /// The name of the deployment if a pull request has several, e.g. `staging`.
    pub name: Option<String>,
    /// The page of this run in the CI system.
    pub run_url: Option<String>,
    /// The URL of the deployed service.
    pub environment_url: Option<String>,
    pub commit: Option<String>,
    /// Whether the report contains log lines of containers, which may contain secrets.
    pub with_logs: bool,
}

/// Renders the report in at most `limit` UTF-16 units. If it is too long, details are omitted, the
/// longest and least important first: logs, events, the diff. The headline always stays.
pub fn render(report: &DeploymentReport, context: &ReportContext, limit: usize) -> String {
    let mut left_out = 0;
    loop {
        let text = render_with(
            report,
            context,
            DetailLimits::without(left_out, context.with_logs),
        );
        if text.encode_utf16().count() <= limit {
            return text;
        }
        if left_out == DetailLimits::STEPS {
            return cut(&text, limit);
        }
        left_out += 1;
    }
}

fn render_with(
    report: &DeploymentReport,
    context: &ReportContext,
    details: DetailLimits,
) -> String {
    let mut text = String::new();
    if let [service] = report.services.as_slice() {
        let summary = ServiceSummary::of(service);
        text.push_str(&headline(service, &summary, context));
        text.push_str(&body(service, &summary, &details));
    } else {
        let state = report.state();
        text.push_str(&format!(
            "### {} {}{}\n\n",
            state.sign(),
            prefix(context.name.as_deref(), None),
            counts(report)
        ));
        text.push_str(&overview::table(report));
        // Only the first problem is open, because several open sections are too long to read.
        let first = report.services.iter().position(|service| !is_good(service));
        for (at, service) in report.services.iter().enumerate() {
            text.push_str(&section(service, first == Some(at), &details));
        }
    }
    if details.is_shortened {
        text.push_str("Shortened to fit. The log of the run contains the rest.\n\n");
    }
    text.push_str(&match report.services.as_slice() {
        [service] => footer_with(context, service_url(service)),
        _ => footer(context),
    });
    text
}

fn service_url(service: &ServiceReport) -> Option<String> {
    console::service_url(
        service.region.as_deref(),
        service.cluster.as_deref(),
        service.name.as_deref(),
    )
}

/// E.g. "### ↩️ `prod` · `web:5` was rolled back — `web:4` keeps running".
fn headline(service: &ServiceReport, summary: &ServiceSummary, context: &ReportContext) -> String {
    let running = summary.running.as_deref();
    let running = running.map(|running| format!(" — {}", prose(running)));
    let link = context
        .environment_url
        .as_deref()
        .filter(|_| is_good(service))
        .and_then(|url| Some(format!(" — [open]({})", escape::address(url)?)));
    format!(
        "### {} {}{}{}{}\n\n",
        service.outcome.state.sign(),
        prefix(context.name.as_deref(), service.cluster.as_deref()),
        prose(&summary.what),
        running.unwrap_or_default(),
        link.unwrap_or_default()
    )
}

/// Where the deployment is: its name, or the cluster.
fn prefix(name: Option<&str>, cluster: Option<&str>) -> String {
    match (name, cluster) {
        (Some(name), _) => format!("{} · ", plain(name)),
        (None, Some(cluster)) => format!("{} · ", code(cluster)),
        (None, None) => String::new(),
    }
}

/// One of several services.
fn section(service: &ServiceReport, is_open: bool, details: &DetailLimits) -> String {
    let state = service.outcome.state;
    let name = service.name.as_deref().unwrap_or("service");
    let open = if is_open { " open" } else { "" };
    format!(
        "<details{open}><summary>{} {} {}</summary>\n\n{}</details>\n\n",
        state.sign(),
        escape::code_in_html(name),
        state.phrase(),
        body(service, &ServiceSummary::of(service), details)
    )
}

fn is_good(service: &ServiceReport) -> bool {
    matches!(
        service.outcome.state,
        DeploymentState::Succeeded | DeploymentState::Reached
    )
}

/// The answers in the order in which people ask: why, what changed, what to do, and then the rest.
fn body(service: &ServiceReport, summary: &ServiceSummary, details: &DetailLimits) -> String {
    let mut text = String::new();
    let wait: WaitHealthy = service.data("wait-healthy");
    if let Some(step) = &service.other_failed_step {
        text.push_str(&format!(
            "**{}** failed. The job log contains the reason.\n\n",
            plain(step)
        ));
        if service.steps.is_empty() {
            return text;
        }
    } else if service.steps.is_empty() {
        text.push_str("No step wrote a result file: the job failed before the first step, or `--results` names another directory.\n\n");
        return text;
    }
    let is_good = is_good(service);
    if is_good {
        let took = steps::total_time(service);
        let parts = [summary.cause.clone(), Some(format!("took {took}"))];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        text.push_str(&format!("{}\n\n", parts.join(" · ")));
    } else {
        text.push_str(&details::why(service, summary, &wait));
        text.push_str(&details.logs(&wait));
    }
    text.push_str(&details.diff(service, !is_good));
    if !is_good {
        text.push_str(&details::what_to_do(service, &wait));
    }
    text.push_str(&details.findings(service));
    text.push_str(&details::stopped_tasks(&wait));
    text.push_str(&steps::section(service));
    text.push_str(&details.identifiers(&wait, &facts(service, &wait)));
    text
}

/// What was deployed, with the names and ARNs that a person would search for, and AWS's own words
/// about it.
fn facts(service: &ServiceReport, wait: &WaitHealthy) -> String {
    let push: EcrPush = service.data("ecr-push");
    let deploy: EcsDeploy = service.data("ecs-deploy");
    let deployment_ref = &deploy.deployment;
    let task_definition = deploy
        .task_definition
        .arn
        .as_ref()
        .or(deployment_ref.task_definition_arn.as_ref());
    let deployment = deployment_ref
        .service_deployment_arn
        .as_ref()
        .or(deployment_ref.ecs_svc_id.as_ref());
    let facts = [
        ("Image", push.image.as_ref()),
        ("Task definition", task_definition),
        ("Deployment", deployment),
    ];
    let mut text = String::new();
    for (name, value) in facts {
        if let Some(value) = value {
            text.push_str(&format!("- {name}: {}\n", code(value)));
        }
    }
    // Without a cause, it is already shown as the cause.
    let is_shown = !is_good(service) && wait.cause.is_none();
    if let Some(summary) = wait.summary.as_ref().filter(|_| !is_shown) {
        text.push_str(&format!("- Verdict: {}\n", prose(summary)));
    }
    text
}

/// Links to the run and the service, the commit and the program, in small print.
pub fn footer(context: &ReportContext) -> String {
    footer_with(context, None)
}

fn footer_with(context: &ReportContext, service_url: Option<String>) -> String {
    let mut parts = Vec::new();
    if let Some(url) = context.run_url.as_deref().and_then(escape::address) {
        parts.push(format!("[run]({url})"));
    }
    if let Some(url) = service_url {
        parts.push(format!("[service in the AWS console]({url})"));
    }
    if let Some(commit) = &context.commit {
        let short: String = commit.chars().take(12).collect();
        parts.push(format!("commit {}", code(&short)));
    }
    parts.push(format!("fargate-pipeline {}", env!("CARGO_PKG_VERSION")));
    format!("<sub>{}</sub>\n", parts.join(" · "))
}

/// A name that was validated with the arguments.
fn plain(name: &str) -> &str {
    name
}

/// Cuts the text after the last line that fits. Used only if omitting details is not enough.
fn cut(text: &str, limit: usize) -> String {
    const NOTE: &str = "\n\nCut to fit.\n";
    let mut kept = String::new();
    let mut units = NOTE.len();
    for line in text.split_inclusive('\n') {
        units += line.encode_utf16().count();
        if units > limit {
            break;
        }
        kept.push_str(line);
    }
    kept + NOTE
}
