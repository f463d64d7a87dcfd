//! The outputs of each program for later steps. A test in `tests/` checks that the programs set
//! exactly these names.

use std::path::Path;

use hcl_edit::expr::Expression;

use super::inputs::OUTPUTS_FILE;

/// One output.
#[derive(Clone)]
pub struct Output {
    pub name: String,
    pub description: String,
    pub sample: String,
    /// The expression for its value.
    pub value: String,
}

const TABLE: [(&str, &str, &str, &str); 15] = [
    (
        "ecr-push",
        "image",
        "URI of the image, by digest",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app@sha256:6f1e…",
    ),
    ("ecr-push", "digest", "Digest of the image", "sha256:6f1e…"),
    (
        "ecr-push",
        "tags",
        "Tags of the image, one per line",
        "v1.4.0",
    ),
    (
        "render-taskdef",
        "task-definition",
        "File of the rendered task definition",
        "$RUNNER_TEMP/fargate-pipeline/task-definition.json",
    ),
    (
        "render-taskdef",
        "family",
        "Family of the task definition",
        "app",
    ),
    (
        "ecs-deploy",
        "deployment",
        "Deployment to wait for, as wait-healthy takes it",
        "arn:aws:ecs:eu-central-1:123456789012:service-deployment/demo/app/9fXb…",
    ),
    (
        "ecs-deploy",
        "action",
        "Action taken: created, updated, unchanged, joined, forced or planned",
        "updated",
    ),
    (
        "ecs-deploy",
        "task-definition-arn",
        "Revision that the service runs",
        "arn:aws:ecs:eu-central-1:123456789012:task-definition/app:42",
    ),
    ("ecs-deploy", "cluster", "Cluster of the service", "demo"),
    ("ecs-deploy", "service", "Name of the service", "app"),
    (
        "wait-healthy",
        "verdict",
        "Result: succeeded, failed, rolled-back, superseded, timed-out, paused, …",
        "succeeded",
    ),
    (
        "wait-healthy",
        "summary",
        "One-line summary of the result",
        "deployment ecs-svc/4716… of app succeeded after 42 s: 2 of 2 tasks healthy in the load balancer",
    ),
    (
        "wait-healthy",
        "cause",
        "Why the deployment did not succeed; otherwise empty",
        "Container app exited with code 3 (4 of 4 tasks).",
    ),
    (
        "deploy-status",
        "comment-url",
        "URL of the comment, if one was written",
        "https://github.com/o/r/pull/7#issuecomment-1",
    ),
    (
        "tf-outputs",
        "all",
        "All outputs as one JSON object, for fromJSON",
        "{\"ecs_cluster_name\":\"demo\",…}",
    ),
];

/// The outputs of a program's action.
pub fn of(verb: &str, infra: &[Output]) -> Vec<Output> {
    let mut outputs: Vec<Output> = TABLE
        .into_iter()
        .filter(|(of, ..)| *of == verb)
        .map(|(_, name, description, sample)| Output {
            name: name.to_owned(),
            description: description.to_owned(),
            sample: sample.to_owned(),
            value: match (verb, name) {
                ("tf-outputs", "all") => "${{ toJSON(steps.run.outputs) }}".to_owned(),
                _ => format!("${{{{ steps.run.outputs.{name} }}}}"),
            },
        })
        .collect();
    if verb == "tf-outputs" {
        outputs.push(Output {
            name: "file".to_owned(),
            description: "File with the outputs as JSON, for render-taskdef and ecs-deploy"
                .to_owned(),
            sample: "$RUNNER_TEMP/fargate-pipeline/outputs.json".to_owned(),
            value: format!("${{{{ inputs.out || env.FARGATE_OUT || {OUTPUTS_FILE} }}}}"),
        });
        outputs.extend(infra.iter().cloned());
    }
    outputs
}

/// The contract of phase 1: the outputs that `Infra/` declares.
pub fn of_infra(path: &Path) -> Result<Vec<Output>, String> {
    let wrong = |why: String| format!("{}: {why}", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let body = hcl_edit::parser::parse_body(&text).map_err(|e| wrong(e.to_string()))?;
    let mut outputs = Vec::new();
    for block in body.get_blocks("output") {
        let name = block
            .labels
            .first()
            .ok_or_else(|| wrong("an output without a name".to_owned()))?;
        let name = name.as_str().to_owned();
        let described = block.body.get_attribute("description").map(|a| &a.value);
        let Some(Expression::String(description)) = described else {
            return Err(wrong(format!("{name} has no description")));
        };
        outputs.push(Output {
            description: format!(
                "{}; empty if the state does not have it",
                description.as_str().trim_end_matches('.')
            ),
            sample: String::new(),
            value: format!("${{{{ steps.run.outputs.{name} }}}}"),
            name,
        });
    }
    Ok(outputs)
}
