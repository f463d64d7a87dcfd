//! One response from AWS, in the form in which it is recorded.

use ecs_model::{
    Service, ServiceDeployment, ServiceDeploymentBrief, ServiceRevision, TargetHealth, Task,
    TaskDefinition,
};

/// One response from AWS.
#[derive(Debug, Clone)]
pub enum Observation {
    Service(Box<Service>),
    /// The service does not exist (any more).
    NoService,
    Listing(Vec<ServiceDeploymentBrief>),
    /// Service deployments cannot be read: access is denied, or the endpoint does not know them.
    NoServiceDeployments,
    ServiceDeployment(Box<ServiceDeployment>),
    /// ECS does not know our service deployment (yet).
    NoServiceDeployment,
    Revision(Box<ServiceRevision>),
    /// Access to the service revision is denied.
    NoRevision,
    TaskDefinition(Box<TaskDefinition>),
    /// Access to the task definition is denied, or it does not exist.
    NoTaskDefinition,
    /// All tasks of the service: running, pending and stopped.
    Tasks(Vec<Task>),
    /// The ARNs of all tasks of the service. They are described in several responses.
    TaskList(Vec<String>),
    /// Some tasks of the service.
    DescribedTasks(Vec<Task>),
    /// Access to the tasks of the service is denied.
    NoTasks,
    Targets {
        group: String,
        targets: Vec<TargetHealth>,
    },
    /// Access to the health of targets is denied.
    NoTargets,
}
