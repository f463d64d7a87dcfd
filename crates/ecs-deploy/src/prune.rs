//! Deregisters old revisions after a deployment. This is housekeeping: an error here is a warning,
//! and the deployment still counts. If the uses of revisions cannot be read, none is deregistered.

use std::collections::BTreeSet;

use ecs_client::Operation;
use ecs_model::{ServiceDeploymentBrief, ServiceDeploymentStatus, family_of, short_name};
use serde_json::{Value, json};

use crate::context::CommandContext;
use crate::error::Error;
use crate::plan::prune::{RevisionsInUse, revisions_to_deregister};
use crate::report::ResultData;

/// Maximum per run. AWS allows a burst of twenty calls, which RegisterTaskDefinition shares.
const LIMIT: usize = 10;

/// Deregisters unused revisions that are older than the last `keep` successful ones.
pub async fn run(keep: usize, family: &str, context: &CommandContext<'_>, data: &mut ResultData) {
    let step = context.step;
    match deregister(keep, family, context, data).await {
        Ok(()) => data.publish(step),
        Err(error) => step.warn(format!(
            "no revision was deregistered: their uses cannot be read: {error}"
        )),
    }
}

async fn deregister(
    keep: usize,
    family: &str,
    context: &CommandContext<'_>,
    data: &mut ResultData,
) -> Result<(), Error> {
    let step = context.step;
    let body = json!({"familyPrefix": family, "status": "ACTIVE"});
    let operation = Operation::ListTaskDefinitions;
    let revisions = context.reader.list(operation, body, "taskDefinitionArns");
    let revisions = revisions.await?;
    // The prefix also matches longer family names.
    let own = |arn: &String| family_of(arn) == family;
    let revisions: Vec<String> = revisions.into_iter().filter(own).collect();
    let mut in_use = RevisionsInUse {
        successful: successful(context).await?,
        ..RevisionsInUse::default()
    };
    let run = data.task_definition.as_ref().map(|r| r.arn.clone());
    let before = data
        .previous_deployment
        .as_ref()
        .and_then(|p| p.task_definition_arn.clone());
    in_use.used.extend(run.into_iter().chain(before));
    if revisions_to_deregister(&revisions, &in_use, keep, LIMIT).is_empty() {
        let known: BTreeSet<&String> = in_use.successful.iter().collect();
        if known.len() < keep {
            step.info(format!(
                "no revision was deregistered: ECS shows {} successful revisions, and {keep} are to be kept",
                known.len()
            ));
        }
        return Ok(());
    }
    let clusters = context
        .reader
        .list(Operation::ListClusters, json!({}), "clusterArns");
    for cluster in clusters.await? {
        used_in(&cluster, family, context, &mut in_use).await?;
    }
    for arn in revisions_to_deregister(&revisions, &in_use, keep, LIMIT) {
        let body = json!({"taskDefinition": arn});
        match context
            .call(Operation::DeregisterTaskDefinition, &body)
            .await
        {
            Ok(_) => {
                step.info(format!("deregistered {}", short_name(&arn)));
                data.deregistered_revisions.push(arn);
            }
            Err(e) => {
                step.warn(format!("{} was not deregistered: {e}", short_name(&arn)));
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The revisions of successful deployments, newest first.
async fn successful(context: &CommandContext<'_>) -> Result<Vec<String>, Error> {
    let mut listed: Vec<ServiceDeploymentBrief> = context.deployments().await?;
    listed.retain(|l| l.status == ServiceDeploymentStatus::Successful);
    listed.sort_by_key(|l| std::cmp::Reverse(l.created_at));
    let arns: Vec<String> = listed
        .into_iter()
        .filter_map(|l| l.target_service_revision_arn)
        .collect();
    let mut successful = Vec::new();
    for arns in arns.chunks(20) {
        let body = json!({"serviceRevisionArns": arns});
        let answer = context
            .call(Operation::DescribeServiceRevisions, &body)
            .await?;
        // The response has an order of its own.
        for arn in arns {
            let revisions = answer["serviceRevisions"].as_array().into_iter().flatten();
            let found = revisions
                .into_iter()
                .find(|r| r["serviceRevisionArn"] == arn.as_str());
            successful.extend(found.and_then(|r| Some(r["taskDefinition"].as_str()?.to_owned())));
        }
    }
    Ok(successful)
}

/// Adds the revisions that services and tasks of a cluster use.
async fn used_in(
    cluster: &str,
    family: &str,
    context: &CommandContext<'_>,
    in_use: &mut RevisionsInUse,
) -> Result<(), Error> {
    let body = json!({"cluster": cluster});
    let services = context
        .reader
        .list(Operation::ListServices, body, "serviceArns");
    let services = services.await?;
    for services in services.chunks(10) {
        let body = json!({"cluster": cluster, "services": services});
        let answer = context.call(Operation::DescribeServices, &body).await?;
        for service in answer["services"].as_array().into_iter().flatten() {
            let deployments = service["deployments"].as_array().into_iter().flatten();
            let sets = service["taskSets"].as_array().into_iter().flatten();
            let all = deployments.chain(sets).chain([service]);
            in_use.used.extend(all.filter_map(task_definition));
        }
    }
    for status in ["RUNNING", "STOPPED"] {
        let body = json!({"cluster": cluster, "family": family, "desiredStatus": status});
        let arns = context
            .reader
            .list(Operation::ListTasks, body, "taskArns")
            .await?;
        let tasks = context.reader.describe_tasks(cluster, &arns).await?;
        // A task that is stopping still runs.
        let alive = tasks.iter().filter(|t| t["lastStatus"] != "STOPPED");
        in_use
            .used
            .extend(alive.filter_map(|t| Some(t["taskDefinitionArn"].as_str()?.to_owned())));
    }
    Ok(())
}

fn task_definition(of: &Value) -> Option<String> {
    Some(of["taskDefinition"].as_str()?.to_owned())
}
