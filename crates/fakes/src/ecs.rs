//! Amazon ECS with scripted rollouts.
//!
//! Each deployment that CreateService or UpdateService starts follows a script ([`Rollout`]): what
//! happens, and when, on the cloud's clock. Responses have the members of AWS's: the response to a write has
//! no `currentServiceDeployment`, a new PRIMARY begins with desired count 0, unknown members are
//! dropped from what Describe shows, and a deployment's number is its service revision's.

mod begin;
mod buckets;
mod change;
mod clusters;
mod deploy;
mod deployments;
mod events;
mod history;
mod lookup;
mod one_off;
mod recipe;
mod rollback;
mod script;
mod services;
mod shapes;
mod state;
mod task;
mod task_definitions;
mod task_view;
mod tasks;
mod validate;
mod view;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub(crate) use change::advance;
pub use script::{Change, OneOff, OneOffStep, Rollout, Stop};
pub(crate) use state::State;

use crate::wire::ApiError;
use crate::world::{Inner, World};

/// What a test sets in ECS and reads from it.
pub struct Ecs(pub(crate) Arc<Inner>);

impl Ecs {
    /// Creates a cluster. Returns its ARN.
    pub fn cluster(&self, name: &str) -> String {
        let world = &mut *self.0.world();
        let arn = world.arn("ecs", &format!("cluster/{name}"));
        world.ecs.clusters.retain(|cluster| cluster.name != name);
        world.ecs.clusters.push(state::Cluster {
            name: name.into(),
            arn: arn.clone(),
            status: "ACTIVE",
            tags: Vec::new(),
        });
        arn
    }

    /// Deletes the cluster: it stays as INACTIVE.
    pub fn delete_cluster(&self, name: &str) {
        let world = &mut *self.0.world();
        for cluster in &mut world.ecs.clusters {
            if cluster.name == name {
                cluster.status = "INACTIVE";
            }
        }
    }

    /// Adds a script for the next deployment of this service. Scripts are used in order.
    pub fn script(&self, service: &str, rollout: Rollout) {
        let world = &mut *self.0.world();
        let queue = world.ecs.scripts.entry(service.into()).or_default();
        queue.push_back(rollout);
    }

    /// The script of deployments without a script of their own; by default a healthy one of 4 s.
    pub fn default_script(&self, rollout: Rollout) {
        self.0.world().ecs.default_rollout = Some(rollout);
    }

    /// Adds a script for the next task of RunTask. Without one, a task exits with code 0 after 2 s.
    pub fn script_task(&self, task: OneOff) {
        self.0.world().ecs.one_offs.push_back(task);
    }

    /// Creates a service like CreateService and completes its first deployment: the service runs
    /// `desiredCount` healthy tasks. `body` is CreateService's, its task definition registered.
    ///
    /// # Errors
    /// If CreateService rejects it.
    pub fn running_service(&self, body: Value) -> Result<Value, ApiError> {
        let world = &mut *self.0.world();
        let name = body["serviceName"].as_str().unwrap_or_default().to_owned();
        let mut healthy = Rollout::healthy()
            .over(Duration::ZERO)
            .draining(Duration::ZERO);
        healthy.unpaused = true;
        let queue = world.ecs.scripts.entry(name).or_default();
        queue.push_front(healthy);
        let created = services::create(world, &body)?;
        let now = world.now;
        advance(world, now);
        let arn = created["service"]["serviceArn"]
            .as_str()
            .unwrap_or_default();
        let service = world
            .ecs
            .service(arn)
            .ok_or_else(validate::service_not_found)?;
        Ok(view::service(world, &world.ecs, service, true))
    }

    /// Adds a change to the service's newest deployment, `after` from now.
    pub fn plan(&self, service_arn: &str, after: Duration, change: Change) {
        let world = &mut *self.0.world();
        let number = world
            .ecs
            .service(service_arn)
            .and_then(|service| service.deployments.first())
            .map(|deployment| deployment.number);
        if let Some(number) = number {
            let at = world.now + after;
            let subject = state::Subject::Deployment {
                service: service_arn.into(),
                number,
            };
            world.ecs.plan(at, subject, change);
        }
    }

    /// Denies the caller to pass this role to ECS (iam:PassRole).
    pub fn deny_pass_role(&self, role_arn: &str) {
        let world = &mut *self.0.world();
        world.ecs.settings.unpassable_roles.push(role_arn.into());
    }

    /// Denies reads of service deployments and revisions, as for a role from before 2024.
    pub fn deny_service_deployments(&self) {
        self.0.world().ecs.settings.service_deployments_denied = true;
    }

    /// ListServiceDeployments shows a new deployment only this long after its beginning: until then the
    /// newest listed one is the previous one.
    pub fn listed_after(&self, delay: Duration) {
        self.0.world().ecs.settings.listed_after = delay;
    }

    /// Each read sees a state from up to `lag` ago; zero turns this off.
    pub fn stale_reads(&self, lag: Duration) {
        let world = &mut *self.0.world();
        world.ecs.history.set_lag(lag);
        history::keep(world);
    }

    /// Throttles calls beyond AWS's token buckets.
    pub fn enforce_token_buckets(&self) {
        self.0.world().ecs.buckets.on = true;
    }
}

/// One operation of the API.
pub(crate) fn handle(world: &mut World, operation: &str, body: &Value) -> Result<Value, ApiError> {
    let now = world.now;
    if !world.ecs.buckets.take(operation, now) {
        return Err(ApiError::new("ThrottlingException", "Rate exceeded"));
    }
    let of_deployments =
        operation.contains("ServiceDeployment") || operation.contains("ServiceRevision");
    if of_deployments && world.ecs.settings.service_deployments_denied {
        let who = crate::sts::account_caller(world);
        let resource = resource(world, operation, body);
        return Err(ApiError::new(
            "AccessDeniedException",
            format!(
                "User: {who} is not authorized to perform: ecs:{operation} on resource: {resource} \
                 because no identity-based policy allows the ecs:{operation} action"
            ),
        ));
    }
    let answer = match operation {
        "CreateService" => services::create(world, body),
        "UpdateService" => services::update(world, body),
        "DeleteService" => services::delete(world, body),
        "DescribeServices" => services::describe(world, body),
        "ListServices" => services::list_services(world, body),
        "RegisterTaskDefinition" => task_definitions::register(world, body),
        "DescribeTaskDefinition" => task_definitions::describe(world, body),
        "DeregisterTaskDefinition" => task_definitions::deregister(world, body),
        "ListTaskDefinitions" => task_definitions::list(world, body),
        "ListServiceDeployments" => deployments::list(world, body),
        "DescribeServiceDeployments" => deployments::describe(world, body),
        "DescribeServiceRevisions" => deployments::describe_revisions(world, body),
        "StopServiceDeployment" => deployments::stop(world, body),
        "ContinueServiceDeployment" => deployments::go_on(world, body),
        "ListTasks" => tasks::list(world, body),
        "DescribeTasks" => tasks::describe(world, body),
        "RunTask" => tasks::run(world, body),
        "StopTask" => tasks::stop(world, body),
        "DescribeClusters" => clusters::describe(world, body),
        "ListClusters" => clusters::list(world, body),
        "TagResource" => clusters::tag(world, body),
        "UntagResource" => clusters::untag(world, body),
        "ListTagsForResource" => clusters::tags(world, body),
        other => Err(ApiError::new(
            "UnknownOperationException",
            format!("the fake of ECS does not play {other}"),
        )),
    };
    history::keep(world);
    answer
}

/// The resource of an operation, as it appears in a denial.
pub(crate) fn resource(world: &World, operation: &str, body: &Value) -> String {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let cluster = lookup::short(lookup::text(body, "cluster").unwrap_or("default"));
    let service =
        |name: &str| world.arn("ecs", &format!("service/{cluster}/{}", lookup::short(name)));
    match operation {
        "CreateService" => service(text("serviceName")),
        "UpdateService" | "DeleteService" | "ListServiceDeployments" => service(text("service")),
        "DescribeServices" => service(body["services"][0].as_str().unwrap_or_default()),
        "DescribeServiceDeployments" => first(&body["serviceDeploymentArns"]),
        "DescribeServiceRevisions" => first(&body["serviceRevisionArns"]),
        "StopServiceDeployment" | "ContinueServiceDeployment" => {
            text("serviceDeploymentArn").into()
        }
        "RegisterTaskDefinition" => {
            world.arn("ecs", &format!("task-definition/{}:*", text("family")))
        }
        "RunTask" => {
            let name = lookup::short(text("taskDefinition"));
            world.arn("ecs", &format!("task-definition/{name}"))
        }
        "StopTask" => world.arn(
            "ecs",
            &format!("task/{cluster}/{}", lookup::short(text("task"))),
        ),
        "DescribeTasks" => {
            let task = first(&body["tasks"]);
            world.arn("ecs", &format!("task/{cluster}/{}", lookup::short(&task)))
        }
        "DescribeClusters" => {
            let cluster = first(&body["clusters"]);
            world.arn("ecs", &format!("cluster/{}", lookup::short(&cluster)))
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => text("resourceArn").into(),
        _ => "*".into(),
    }
}

fn first(list: &Value) -> String {
    match &list[0] {
        Value::String(text) => text.clone(),
        _ => "*".into(),
    }
}
