//! The permissions that a recorded call needs, from AWS's service authorization reference.

use fakes::Recorded;
use serde_json::Value;

use super::texts;

/// A permission that a call needs.
pub struct Need {
    pub action: String,
    pub resource: String,
    /// The cluster of the call.
    pub cluster: String,
    /// The service that a role is passed to.
    pub passed_to: &'static str,
}

/// Roles that ECS itself assumes for a service, not for its tasks.
const INFRASTRUCTURE_ROLES: [&str; 5] = [
    "/loadBalancers/*/advancedConfiguration/roleArn",
    "/deploymentConfiguration/lifecycleHooks/*/roleArn",
    "/serviceConnectConfiguration/services/*/tls/roleArn",
    "/volumeConfigurations/*/managedEBSVolume/roleArn",
    "/vpcLatticeConfigurations/*/roleArn",
];

/// Roles that tasks assume.
const TASK_ROLES: [&str; 4] = [
    "/executionRoleArn",
    "/taskRoleArn",
    "/overrides/executionRoleArn",
    "/overrides/taskRoleArn",
];

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap()
}

/// The strings at a pointer; `*` matches any element.
fn at<'v>(value: &'v Value, pointer: &str) -> Vec<&'v str> {
    match pointer.split_once("/*") {
        None => value
            .pointer(pointer)
            .and_then(Value::as_str)
            .into_iter()
            .collect(),
        Some((list, rest)) => {
            let elements = value.pointer(list).and_then(Value::as_array);
            elements
                .into_iter()
                .flatten()
                .flat_map(|e| at(e, rest))
                .collect()
        }
    }
}

/// For these actions AWS's reference requires the service as well: `service-revision/shop/web/1`
/// belongs to `service/shop/web`.
fn and_their_services(mut arns: Vec<String>) -> Vec<String> {
    let services: Vec<String> = arns
        .iter()
        .filter_map(|arn| {
            let (rest, _) = arn.rsplit_once('/')?;
            let (kind, name) = rest.split_once('/')?;
            let (before, _) = kind.rsplit_once(':')?;
            Some(format!("{before}:service/{name}"))
        })
        .collect();
    arns.extend(services);
    arns
}

/// The resources of the call's own action.
fn resources(request: &Recorded, body: &Value) -> Vec<String> {
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    let cluster = text("cluster");
    let cluster = last(&cluster);
    let ecs = |rest: String| format!("arn:aws:ecs:eu-central-1:123456789012:{rest}");
    let service = |name: &str| ecs(format!("service/{cluster}/{}", last(name)));
    let all = |member: &str| texts(&body[member]).map(str::to_owned).collect::<Vec<_>>();
    let each =
        |member: &str, of: &dyn Fn(&str) -> String| all(member).iter().map(|n| of(n)).collect();
    match (request.service.name(), request.operation.as_str()) {
        ("ecs", "DescribeServices") => each("services", &service),
        ("ecs", "CreateService") => vec![service(&text("serviceName"))],
        ("ecs", "UpdateService" | "DeleteService" | "ListServiceDeployments") => {
            vec![service(&text("service"))]
        }
        ("ecs", "DescribeServiceRevisions") => and_their_services(all("serviceRevisionArns")),
        ("ecs", "DescribeServiceDeployments") => and_their_services(all("serviceDeploymentArns")),
        ("ecs", "StopServiceDeployment" | "ContinueServiceDeployment") => {
            and_their_services(vec![text("serviceDeploymentArn")])
        }
        ("ecs", "RegisterTaskDefinition") => {
            vec![ecs(format!("task-definition/{}:*", text("family")))]
        }
        ("ecs", "RunTask") => vec![text("taskDefinition")],
        ("ecs", "DescribeTasks") => each("tasks", &|t| ecs(format!("task/{cluster}/{}", last(t)))),
        ("ecs", "TagResource") => vec![text("resourceArn")],
        ("ecs", "DescribeClusters") => each("clusters", &|c| ecs(format!("cluster/{}", last(c)))),
        (
            "ecs",
            "DescribeTaskDefinition"
            | "ListTaskDefinitions"
            | "DeregisterTaskDefinition"
            | "ListClusters"
            | "ListServices"
            | "ListTasks",
        )
        | ("elb", _) => vec!["*".to_owned()],
        ("ecr", _) => vec![format!(
            "arn:aws:ecr:eu-central-1:123456789012:repository/{}",
            text("repositoryName")
        )],
        // The call searches for log groups, so it contains none.
        ("logs", "DescribeLogGroups") => {
            vec!["arn:aws:logs:eu-central-1:123456789012:log-group::log-stream:".to_owned()]
        }
        ("logs", _) => vec![format!(
            "arn:aws:logs:eu-central-1:123456789012:log-group:{}:log-stream:{}",
            text("logGroupName"),
            text("logStreamName")
        )],
        // Anonymous requests to a registry need no permission.
        ("registry", _) => Vec::new(),
        (service, operation) => panic!("{service} {operation}: which resource does it need?"),
    }
}

/// The permissions of a call. `all` contains the calls around it: roles of a revision that was
/// described or registered before are passed on. AWS documents this for RunTask; it is assumed for
/// the calls of a service, too, because a policy must be sufficient.
pub fn needs(request: &Recorded, all: &[Recorded]) -> Vec<Need> {
    let body = request.json();
    let cluster = last(body["cluster"].as_str().unwrap_or_default()).to_owned();
    let mut needs: Vec<Need> = Vec::new();
    let mut need = |action: String, resource: &str, passed_to| {
        needs.push(Need {
            action,
            resource: resource.to_owned(),
            cluster: cluster.clone(),
            passed_to,
        });
    };
    let prefix = match request.service.name() {
        "elb" => "elasticloadbalancing",
        other => other,
    };
    let operation = request.operation.as_str();
    let resources = resources(request, &body);
    for resource in &resources {
        need(format!("{prefix}:{operation}"), resource, "");
    }
    if body["tags"].as_array().is_some_and(|t| !t.is_empty()) && operation != "TagResource" {
        need("ecs:TagResource".into(), &resources[0], "");
    }
    let mut pass = |of: &Value, pointers: &[&str], to| {
        for role in pointers.iter().flat_map(|pointer| at(of, pointer)) {
            need("iam:PassRole".into(), role, to);
        }
    };
    pass(&body, &INFRASTRUCTURE_ROLES, "ecs.amazonaws.com");
    pass(&body, &TASK_ROLES, "ecs-tasks.amazonaws.com");
    if ["RunTask", "CreateService", "UpdateService"].contains(&operation)
        && let Some(arn) = body["taskDefinition"].as_str()
    {
        let mut answers = all
            .iter()
            .map(|r| r.answer_json()["taskDefinition"].clone());
        let revision = answers.find(|r| r["taskDefinitionArn"] == arn);
        let revision = revision.unwrap_or_else(|| panic!("{operation}: {arn} was never looked at"));
        pass(&revision, &TASK_ROLES, "ecs-tasks.amazonaws.com");
    }
    needs
}
