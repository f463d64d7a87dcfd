//! The table of the steps: what each of them did, in a few words.

use ecs_model::short_name;
use pipeline_io::StepResult;

use super::escape::code;
use super::fold::fold;
use crate::data::{self, EcrPush, EcsDeploy, RenderTaskdef, TfOutputs, WaitHealthy};
use crate::report::{DeploymentState, ServiceReport};
use crate::results::StepRecord;

/// The collapsed table of the steps.
pub fn section(service: &ServiceReport) -> String {
    let count = counted(service.steps.len() as u64, "step");
    let title = format!("{count} · {}", total_time(service));
    fold(&title, false, &table(service))
}

/// How long the steps took together.
pub fn total_time(service: &ServiceReport) -> String {
    let seconds = service.steps.iter().map(|step| match step {
        StepRecord::Done(result) if result.seconds.is_finite() => result.seconds.max(0.0),
        _ => 0.0,
    });
    time(seconds.sum())
}

fn table(service: &ServiceReport) -> String {
    let mut table = String::from("| | step | result | time |\n|---|---|---|--:|\n");
    for step in &service.steps {
        match step {
            StepRecord::Done(result) => table.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                DeploymentState::of(result.exit_code).sign(),
                result.verb,
                described(result),
                time(result.seconds)
            )),
            StepRecord::Unreadable { verb, problem } => {
                table.push_str(&format!(
                    "| ❌ | {verb} | invalid result file: {} | |\n",
                    code(problem)
                ));
            }
        }
    }
    table
}

/// The verdict, and what the step worked on.
fn described(result: &StepResult) -> String {
    let verdict = verdict(&result.verdict);
    let about = about(result);
    if about.is_empty() {
        verdict
    } else {
        format!("{verdict}: {about}")
    }
}

/// A verdict is a word of this project. Everything else is shown as untrusted text.
fn verdict(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
        word.replace('-', " ")
    } else {
        code(word)
    }
}

fn about(result: &StepResult) -> String {
    match result.verb.as_str() {
        "tf-outputs" => tf_outputs(&data::read(&result.data)),
        "ecr-push" => ecr_push(&data::read(&result.data)),
        "render-taskdef" => render_taskdef(&data::read(&result.data)),
        "ecs-deploy" => ecs_deploy(&data::read(&result.data)),
        "wait-healthy" => wait_healthy(&data::read(&result.data)),
        _ => String::new(),
    }
}

fn tf_outputs(data: &TfOutputs) -> String {
    let Some(source) = &data.source else {
        return String::new();
    };
    let mut text = format!(
        "{} of {}",
        counted(data.names.len() as u64, "output"),
        code(source)
    );
    if !data.omitted_sensitive.is_empty() {
        text.push_str(&format!(
            ", {} omitted",
            counted(data.omitted_sensitive.len() as u64, "sensitive output")
        ));
    }
    text
}

fn ecr_push(data: &EcrPush) -> String {
    let mut parts = Vec::new();
    let tags: Vec<String> = data
        .tags
        .iter()
        .take(5)
        .map(|tag| code(&tag.name))
        .collect();
    if !tags.is_empty() {
        parts.push(format!("as {}", tags.join(", ")));
    }
    if !data.layers.is_empty() {
        let sent = data
            .layers
            .iter()
            .filter(|layer| layer.outcome == "sent")
            .count();
        parts.push(format!(
            "{sent} of {} sent",
            counted(data.layers.len() as u64, "layer")
        ));
        if data.bytes_sent > 0 {
            parts.push(bytes(data.bytes_sent));
        }
    }
    parts.join(", ")
}

fn render_taskdef(data: &RenderTaskdef) -> String {
    let mut parts = Vec::new();
    if let Some(family) = &data.family {
        parts.push(code(family));
    }
    if !data.lints.is_empty() {
        parts.push(counted(data.lints.len() as u64, "finding"));
    }
    parts.join(", ")
}

fn ecs_deploy(data: &EcsDeploy) -> String {
    let Some(arn) = &data.task_definition.arn else {
        return String::new();
    };
    let revision = short_name(arn);
    let how = if data.task_definition.registered {
        "registered"
    } else {
        "registered before"
    };
    format!("{} ({how})", code(revision))
}

fn wait_healthy(data: &WaitHealthy) -> String {
    match (data.tasks.running, data.tasks.desired) {
        // A deployment that was rolled back has no desired tasks.
        (_, Some(0)) => String::new(),
        (Some(running), Some(desired)) => {
            format!("{running} of {} running", counted(desired, "task"))
        }
        _ => String::new(),
    }
}

fn counted(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

fn bytes(count: u64) -> String {
    let (kilo, mega) = (1_000.0, 1_000_000.0);
    let count = count as f64;
    if count < mega {
        format!("{:.1} kB", count / kilo)
    } else {
        format!("{:.1} MB", count / mega)
    }
}

/// Formats seconds for people. The spaces are non-breaking, because the column is narrow.
fn time(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return String::new();
    }
    if seconds < 1.0 {
        return format!("{:.0}\u{a0}ms", seconds * 1_000.0);
    }
    if seconds < 60.0 {
        return format!("{seconds:.1}\u{a0}s");
    }
    let whole = seconds.round() as u64;
    format!("{}\u{a0}min {}\u{a0}s", whole / 60, whole % 60)
}
