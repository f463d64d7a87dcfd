//! The story: read what was left, judge it, tell it, and never fail a deployment for the telling.

use pipeline_io::{Done, Interrupt, Step};
use serde::Serialize;

use crate::args::{Args, Plan};
use crate::error::{Error, PostError};
use crate::markdown::{Surroundings, render};
use crate::post::{Post, Posted};
use crate::report::Report;
use crate::results;
use crate::terraform;

/// The verb's part of the result file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    /// The worst service's outcome, in words.
    outcome: &'a str,
    services: Vec<ServiceData<'a>>,
    comment: Option<&'a str>,
    comment_url: Option<&'a str>,
    /// Why something that was asked for is not posted.
    not_posted: Vec<String>,
}

#[derive(Serialize)]
struct ServiceData<'a> {
    service: Option<&'a str>,
    cluster: Option<&'a str>,
    outcome: &'a str,
    step: Option<&'a str>,
}

pub async fn run(args: Args, step: &Step, _: &mut Interrupt) -> Result<Done, pipeline_io::Error> {
    let plan = args.plan(|name| std::env::var(name).ok())?;
    if let Some(file) = &plan.terraform_plan {
        return Ok(terraform::tell(&plan, file, step).await?);
    }
    Ok(tell(plan, step).await?)
}

async fn tell(plan: Plan, step: &Step) -> Result<Done, Error> {
    let left = results::read(&plan.results)
        .map_err(|(folder, source)| Error::Folder { folder, source })?;
    if left.iter().all(|left| left.steps.is_empty()) {
        let folders: Vec<String> = plan
            .results
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        step.warn(format!("no step left a result in {}", folders.join(", ")));
    }
    let mut report = Report::of(left);
    if let Some(step) = &plan.failed_step {
        report.failed_in(step);
    }
    let markdown = render(&report, &plan.around, plan.comment_limit());
    let summary_limit = step.ci().host().summary_limit();
    // The summary first: it is what remains when nothing else can be written.
    if let Some(limit) = summary_limit {
        step.summary(&render(&report, &plan.around, limit));
    }
    say(&report, None, step, &plan);
    if plan.target.is_none() && summary_limit.is_some() {
        step.info("told in the job's summary");
    }
    let posted = post(&plan, &report, &markdown, step).await;
    say(&report, Some(&posted), step, &plan);

    for error in &posted.failed {
        if !plan.must_post {
            step.warn(format!("{error}; {}", error.hint()));
        }
    }
    let is_posted = plan.target.is_some() && posted.failed.is_empty();
    if let (true, Some(error)) = (plan.must_post, posted.failed.into_iter().next()) {
        return Err(error.into());
    }
    if let Some(url) = &posted.comment_url {
        step.output("comment-url", url);
    }
    Ok(Done::value(
        if is_posted { "posted" } else { "written" },
        markdown,
    ))
}

async fn post(plan: &Plan, report: &Report, markdown: &str, step: &Step) -> Posted {
    let Some(target) = &plan.target else {
        return if plan.must_post {
            Posted {
                failed: vec![PostError::NoTarget],
                ..Posted::default()
            }
        } else {
            Posted::default()
        };
    };
    let sentence = sentence(report, &plan.around);
    let post = Post {
        markdown,
        state: report.state(),
        sentence: &sentence,
        run_url: plan.around.run_url.as_deref(),
    };
    target.post(&post, step).await
}

/// The outcome in a line: the service's own sentence where one was said.
fn sentence(report: &Report, around: &Surroundings) -> String {
    let said = match report.services.as_slice() {
        [service] => service
            .result("wait-healthy")
            .and_then(|result| result.data["summary"].as_str()),
        _ => None,
    };
    match said {
        Some(said) => said.to_owned(),
        None => {
            let name = around
                .name
                .as_deref()
                .map(|name| format!(" {name}"))
                .unwrap_or_default();
            format!("deployment{name} {}", report.state().phrase())
        }
    }
}

fn say(report: &Report, posted: Option<&Posted>, step: &Step, plan: &Plan) {
    let failed = posted.map(|posted| posted.failed.iter().map(ToString::to_string).collect());
    step.data(&Data {
        outcome: report.state().phrase(),
        services: report
            .services
            .iter()
            .map(|service| ServiceData {
                service: service.name.as_deref(),
                cluster: service.cluster.as_deref(),
                outcome: service.outcome.state.phrase(),
                step: service.outcome.step.as_deref(),
            })
            .collect(),
        comment: posted.and_then(|posted| posted.comment),
        comment_url: posted.and_then(|posted| posted.comment_url.as_deref()),
        not_posted: failed.unwrap_or_default(),
    });
    if let Some(posted) = posted
        && let Some(comment) = posted.comment
    {
        let place = plan
            .target
            .as_ref()
            .map(|target| target.repository.as_str())
            .unwrap_or_default();
        let number = plan
            .target
            .as_ref()
            .and_then(|target| target.request)
            .unwrap_or_default();
        step.info(format!("comment on {place} {number} {comment}"));
    }
}
