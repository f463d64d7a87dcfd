//! The report as Markdown, for comments and for the job's summary.
//!
//! Decided here: what is told in which order, and what is left out first when it grows too long.

mod details;
mod escape;
mod steps;

use details::Details;
pub use escape::{code, fence, prose};

use crate::data::{EcrPush, EcsDeploy, WaitHealthy};
use crate::report::{Report, Service, State};

/// What is known beside the results.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Names the deployment where a pull request has several: `staging`.
    pub name: Option<String>,
    /// The CI system's page of this run.
    pub run_url: Option<String>,
    pub commit: Option<String>,
    /// Whether lines of containers' logs are told: they may hold anything.
    pub with_logs: bool,
}

/// The report in at most `limit` UTF-16 units. Details go first, the longest and least needed at the
/// front: logs, events, differences; the headline stays.
pub fn render(report: &Report, around: &Surroundings, limit: usize) -> String {
    let mut left_out = 0;
    loop {
        let text = render_with(report, around, Details::without(left_out, around.with_logs));
        if text.encode_utf16().count() <= limit {
            return text;
        }
        if left_out == Details::STEPS {
            return cut(&text, limit);
        }
        left_out += 1;
    }
}

fn render_with(report: &Report, around: &Surroundings, details: Details) -> String {
    let mut text = String::new();
    if let [service] = report.services.as_slice() {
        text.push_str(&headline(service, around, "###"));
        text.push_str(&body(service, &details));
    } else {
        let state = report.state();
        let of = around
            .name
            .as_deref()
            .map(|name| format!(" `{}`", plain(name)))
            .unwrap_or_default();
        text.push_str(&format!(
            "### {} Deployment{of} of {} services {}\n\n",
            state.sign(),
            report.services.len(),
            match state {
                State::Succeeded => "succeeded",
                _ => "did not succeed for all",
            }
        ));
        text.push_str(&overview(report));
        for service in &report.services {
            text.push_str(&headline(service, &Surroundings::default(), "####"));
            text.push_str(&body(service, &details));
        }
    }
    if details.is_shortened {
        text.push_str("Shortened to fit: the run's log and results have the rest.\n\n");
    }
    text.push_str(&footer(around));
    text
}

/// `### ❌ Deployment of service web to cluster prod failed in wait-healthy`
fn headline(service: &Service, around: &Surroundings, level: &str) -> String {
    let outcome = &service.outcome;
    let mut line = format!("{level} {} Deployment", outcome.state.sign());
    if let Some(name) = &around.name {
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
        (Some(step), State::Failed | State::TimedOut | State::Interrupted) => {
            line.push_str(&format!(" in {step}"));
        }
        (Some(step), State::Unproven) => line.push_str(&format!(": the last result is {step}'s")),
        _ => {}
    }
    line + "\n\n"
}

fn overview(report: &Report) -> String {
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

fn body(service: &Service, details: &Details) -> String {
    let mut text = String::new();
    let wait: WaitHealthy = service.data("wait-healthy");
    if let Some(sentence) = &wait.summary {
        text.push_str(&format!("{}\n\n", prose(&begun(sentence))));
    }
    if let Some(step) = &service.failed_elsewhere {
        text.push_str(&format!(
            "**{}** failed; the job's log says why.\n\n",
            plain(step)
        ));
    }
    if service.steps.is_empty() && service.failed_elsewhere.is_some() {
        return text;
    }
    if service.steps.is_empty() {
        text.push_str("No step left a result: the job failed before the first one, or `--results` names another directory.\n\n");
        return text;
    }
    text.push_str(&details::why(service, &wait, details.tells_logs));
    text.push_str(&details.logs(&wait));
    text.push_str(&steps::table(service));
    text.push_str(&facts(service));
    text.push_str(&details.folded(service, &wait));
    text
}

/// The verdict's sentence as a page begins one. A name at its beginning stays as it is.
fn begun(sentence: &str) -> String {
    match sentence.strip_prefix("deployment ") {
        Some(rest) => format!("Deployment {rest}"),
        None => sentence.to_owned(),
    }
}

/// What was deployed, in the words that a person would search for.
fn facts(service: &Service) -> String {
    let push: EcrPush = service.data("ecr-push");
    let deploy: EcsDeploy = service.data("ecs-deploy");
    let handle = &deploy.deployment;
    let task_definition = deploy
        .task_definition
        .arn
        .as_ref()
        .or(handle.task_definition_arn.as_ref());
    let deployment = handle
        .service_deployment_arn
        .as_ref()
        .or(handle.ecs_svc_id.as_ref());
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

/// The run, the commit and the program, small.
pub fn footer(around: &Surroundings) -> String {
    let mut parts = Vec::new();
    if let Some(url) = around.run_url.as_deref().and_then(escape::address) {
        parts.push(format!("[run]({url})"));
    }
    if let Some(commit) = &around.commit {
        let short: String = commit.chars().take(12).collect();
        parts.push(format!("commit {}", code(&short)));
    }
    parts.push(format!("fargate-pipeline {}", env!("CARGO_PKG_VERSION")));
    format!("<sub>{}</sub>\n", parts.join(" · "))
}

/// A name that the arguments checked already.
fn plain(name: &str) -> &str {
    name
}

/// The last resort: the beginning, at a line's end.
fn cut(text: &str, limit: usize) -> String {
    const SAID: &str = "\n\nCut to fit.\n";
    let mut kept = String::new();
    let mut units = SAID.len();
    for line in text.split_inclusive('\n') {
        units += line.encode_utf16().count();
        if units > limit {
            break;
        }
        kept.push_str(line);
    }
    kept + SAID
}
