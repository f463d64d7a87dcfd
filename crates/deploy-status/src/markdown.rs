//! Renders the report as Markdown, for comments and for the job summary.
//!
//! Decided here: the order of the report, and what is omitted first if it is too long.

mod details;
mod escape;
mod steps;

use details::DetailLimits;
pub use escape::{code, fence, prose};

use crate::data::{EcrPush, EcsDeploy, WaitHealthy};
use crate::report::{DeploymentReport, DeploymentState, ServiceReport};

/// What a report shows in addition to the results.
#[derive(Clone, Debug, Default)]
pub struct ReportContext {
    /// The name of the deployment if a pull request has several, e.g. `staging`.
    pub name: Option<String>,
    /// The page of this run in the CI system.
    pub run_url: Option<String>,
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
        text.push_str(&headline(service, context, "###"));
        text.push_str(&body(service, &details));
    } else {
        let state = report.state();
        let of = context
            .name
            .as_deref()
            .map(|name| format!(" `{}`", plain(name)))
            .unwrap_or_default();
        text.push_str(&format!(
            "### {} Deployment{of} of {} services {}\n\n",
            state.sign(),
            report.services.len(),
            match state {
                DeploymentState::Succeeded => "succeeded",
                _ => "did not succeed for all",
            }
        ));
        text.push_str(&overview(report));
        for service in &report.services {
            text.push_str(&headline(service, &ReportContext::default(), "####"));
            text.push_str(&body(service, &details));
        }
    }
    if details.is_shortened {
        text.push_str("Shortened to fit. The log of the run contains the rest.\n\n");
    }
    text.push_str(&footer(context));
    text
}

/// `### ❌ Deployment of service web to cluster prod failed in wait-healthy`
fn headline(service: &ServiceReport, context: &ReportContext, level: &str) -> String {
    let outcome = &service.outcome;
    let mut line = format!("{level} {} Deployment", outcome.state.sign());
    if let Some(name) = &context.name {
        line.push_str(&format!(" `{}`", plain(name)));
    }
    if let Some(name) = &service.name {
        line.push_str(&format!(" of {}", code(name)));
    }
    if let Some(cluster) = &service.cluster {
        line.push_str(&format!(" to {}", code(cluster)));
    }
    line.push(' ');
    line.push_str(outcome.state.phrase());
    match (&outcome.step, outcome.state) {
        (
            Some(step),
            DeploymentState::Failed | DeploymentState::TimedOut | DeploymentState::Interrupted,
        ) => {
            line.push_str(&format!(" in {step}"));
        }
        (Some(step), DeploymentState::Unproven) => {
            line.push_str(&format!(": the last result is {step}'s"))
        }
        _ => {}
    }
    line + "\n\n"
}

fn overview(report: &DeploymentReport) -> String {
    let mut table = String::from("| | service | cluster | outcome |\n|---|---|---|---|\n");
    for service in &report.services {
        let or_dash = |text: &Option<String>| text.as_deref().map_or_else(|| "–".to_owned(), code);
        table.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            service.outcome.state.sign(),
            or_dash(&service.name),
            or_dash(&service.cluster),
            service.outcome.state.phrase(),
        ));
    }
    table + "\n"
}

fn body(service: &ServiceReport, details: &DetailLimits) -> String {
    let mut text = String::new();
    let wait: WaitHealthy = service.data("wait-healthy");
    if let Some(sentence) = &wait.summary {
        text.push_str(&format!("{}\n\n", prose(&capitalized(sentence))));
    }
    if let Some(step) = &service.other_failed_step {
        text.push_str(&format!(
            "**{}** failed. The job log contains the reason.\n\n",
            plain(step)
        ));
    }
    if service.steps.is_empty() && service.other_failed_step.is_some() {
        return text;
    }
    if service.steps.is_empty() {
        text.push_str("No step wrote a result file: the job failed before the first step, or `--results` names another directory.\n\n");
        return text;
    }
    text.push_str(&details::why(service, &wait, details.may_have_logs));
    text.push_str(&details.logs(&wait));
    text.push_str(&steps::table(service));
    text.push_str(&facts(service));
    text.push_str(&details.folded(service, &wait));
    text
}

/// Starts the summary of the verdict with a capital letter, except if it starts with a name.
fn capitalized(sentence: &str) -> String {
    match sentence.strip_prefix("deployment ") {
        Some(rest) => format!("Deployment {rest}"),
        None => sentence.to_owned(),
    }
}

/// What was deployed, with the names and ARNs that a person would search for.
fn facts(service: &ServiceReport) -> String {
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
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// The run, the commit and the program, in small print.
pub fn footer(context: &ReportContext) -> String {
    let mut parts = Vec::new();
    if let Some(url) = context.run_url.as_deref().and_then(escape::address) {
        parts.push(format!("[run]({url})"));
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
