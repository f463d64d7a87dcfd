//! One answer of AWS, as it is recorded.

use ecs_model::{
    Service, ServiceDeployment, ServiceDeploymentBrief, ServiceRevision, TargetHealth, Task,
    TaskDefinition,
};

/// One answer of AWS, read at one time.
#[derive(Debug, Clone)]
pub enum Observation {
    Service(Box<Service>),
    /// The service is not there (any more).
    NoService,
    Listing(Vec<ServiceDeploymentBrief>),
    /// Service deployments cannot be read: denied, or unknown to this endpoint.
    NoServiceDeployments,
    ServiceDeployment(Box<ServiceDeployment>),
    /// ECS does not know our service deployment (yet).
    NoServiceDeployment,
    Revision(Box<ServiceRevision>),
    /// The service revision may not be read.
    NoRevision,
    TaskDefinition(Box<TaskDefinition>),
    /// The task definition may not be read.
    NoTaskDefinition,
    /// All tasks of the service: running, pending and stopped.
    Tasks(Vec<Task>),
    Targets {
        group: String,
        targets: Vec<TargetHealth>,
    },
}
