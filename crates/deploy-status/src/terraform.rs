//! A Terraform plan told as a deployment is: a comment that is kept up to date, the job's summary;
//! and drift as the one issue that is open while there is some.

mod markdown;
mod planned;

use std::path::Path;

use pipeline_io::{Done, Step};
use serde_json::json;

pub use markdown::render;
pub use planned::{Change, Kind, Planned, read};

use crate::args::Plan;
use crate::error::{Error, PostError};
use crate::markdown::footer;
use crate::post::{Post, Posted};
use crate::report::State;

/// Reads the plan, tells it, and never fails for the telling unless that was asked for.
pub async fn tell(plan: &Plan, file: &Path, step: &Step) -> Result<Done, Error> {
    let unreadable = |why: String| Error::TerraformPlan {
        file: file.to_owned(),
        why,
    };
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
    let planned = read(&text).map_err(unreadable)?;

    let name = plan.around.name.as_deref();
    let footer = footer(&plan.around);
    let comment = render(&planned, name, &footer, plan.comment_limit());
    // The summary first: it is what remains when nothing else can be written.
    if let Some(limit) = step.ci().host().summary_limit() {
        step.summary(&render(&planned, name, &footer, limit));
    }
    say(&planned, None, step);
    let posted = post(plan, &planned, &comment, step).await;
    say(&planned, Some(&posted), step);

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
    let verdict = if is_posted { "posted" } else { "written" };
    Ok(Done::value(verdict, comment))
}

async fn post(plan: &Plan, planned: &Planned, markdown: &str, step: &Step) -> Posted {
    let Some(target) = &plan.target else {
        return Posted {
            failed: plan
                .must_post
                .then_some(PostError::NoTarget)
                .into_iter()
                .collect(),
            ..Posted::default()
        };
    };
    let sentence = format!("terraform plan: {}", planned.counts());
    let post = Post {
        markdown,
        state: if planned.is_incomplete {
            State::Failed
        } else {
            State::Succeeded
        },
        sentence: &sentence,
        run_url: plan.around.run_url.as_deref(),
    };
    let mut posted = target.post(&post, step).await;
    if plan.drift_issue {
        let is_drift = !planned.is_empty();
        match target.drift_issue(is_drift, &post, step).await {
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

fn say(planned: &Planned, posted: Option<&Posted>, step: &Step) {
    let destroyed: Vec<&str> = planned
        .changes
        .iter()
        .filter(|change| matches!(change.kind, Kind::Destroy | Kind::Replace))
        .map(|change| change.address.as_str())
        .collect();
    let failed = posted.map(|posted| posted.failed.iter().map(ToString::to_string));
    step.data(&json!({
        "outcome": planned.counts(),
        "add": planned.count(Kind::Add),
        "change": planned.count(Kind::Change),
        "destroy": planned.count(Kind::Destroy),
        "replace": planned.count(Kind::Replace),
        "import": planned.count(Kind::Import),
        "forget": planned.count(Kind::Forget),
        "drifted": planned.drifted.len(),
        "destroyed": destroyed,
        "comment": posted.and_then(|posted| posted.comment),
        "commentUrl": posted.and_then(|posted| posted.comment_url.as_deref()),
        "notPosted": failed.map(Iterator::collect::<Vec<_>>).unwrap_or_default(),
    }));
}
