//! What ECS does with each member of a service definition, from the documentation in the service
//! model ("This parameter triggers a new service deployment").
//!
//! Decided here: which members UpdateService takes, which only CreateService takes, which need
//! another call, which response shows them, and whether a change starts a deployment. Never decided
//! here: which members may be declared. A member that is not in the table was added to AWS later
//! and is sent unchanged.

/// How a member of a service definition reaches ECS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdatePath {
    /// UpdateService takes it.
    Update(DeploymentEffect),
    /// Only CreateService takes it. A live service keeps the value that it was created with.
    CreateOnly,
    /// TagResource changes it.
    Tags,
    /// The number of tasks. On a live service, whoever scales it owns the value.
    Count,
    /// Identifies the service or the request; it is checked before anything is planned.
    Name,
    /// Only responses have it.
    ReadOnly,
}

/// Whether a change of a member starts a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentEffect {
    /// "This parameter doesn't trigger a new service deployment."
    None,
    /// AWS does not document it.
    Undocumented,
    /// "This parameter triggers a new service deployment."
    Starts,
}

/// Which response shows a member of a live service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// `DescribeServices`, in the service itself.
    Service,
    /// `DescribeServices`, only in the PRIMARY deployment.
    Deployment,
    /// Only `DescribeServiceRevisions`.
    Revision,
}

struct Row(&'static str, UpdatePath, Visibility);

use DeploymentEffect::{None as Still, Starts, Undocumented};
use UpdatePath::{Count, CreateOnly, Name, ReadOnly, Tags, Update};
use Visibility::{Deployment, Revision, Service};

const TABLE: &[Row] = &[
    Row("cluster", Name, Service),
    Row("serviceName", Name, Service),
    Row("clientToken", Name, Service),
    Row("taskDefinition", Update(Starts), Service),
    Row("desiredCount", Count, Service),
    Row("tags", Tags, Service),
    Row("launchType", CreateOnly, Service),
    Row("role", CreateOnly, Service),
    Row("schedulingStrategy", CreateOnly, Service),
    Row("networkConfiguration", Update(Starts), Service),
    Row("platformVersion", Update(Starts), Service),
    Row("loadBalancers", Update(Starts), Service),
    Row("serviceRegistries", Update(Starts), Service),
    Row("serviceConnectConfiguration", Update(Starts), Deployment),
    Row("volumeConfigurations", Update(Starts), Deployment),
    Row("vpcLatticeConfigurations", Update(Starts), Deployment),
    Row("gatewayConnectors", Update(Undocumented), Revision),
    Row("monitoring", Update(Undocumented), Revision),
    // The model documents that this does not start a deployment, but ECS accepts it only with a
    // forced one.
    Row("capacityProviderStrategy", Update(Starts), Service),
    Row("deploymentController", Update(Undocumented), Service),
    Row("deploymentConfiguration", Update(Still), Service),
    Row("availabilityZoneRebalancing", Update(Still), Service),
    Row("placementConstraints", Update(Still), Service),
    Row("placementStrategy", Update(Still), Service),
    Row("healthCheckGracePeriodSeconds", Update(Still), Service),
    Row("enableECSManagedTags", Update(Still), Service),
    Row("propagateTags", Update(Still), Service),
    Row("enableExecuteCommand", Update(Still), Service),
    Row("serviceArn", ReadOnly, Service),
    Row("clusterArn", ReadOnly, Service),
    Row("roleArn", ReadOnly, Service),
    Row("status", ReadOnly, Service),
    Row("runningCount", ReadOnly, Service),
    Row("pendingCount", ReadOnly, Service),
    Row("platformFamily", ReadOnly, Service),
    Row("taskSets", ReadOnly, Service),
    Row("deployments", ReadOnly, Service),
    Row("events", ReadOnly, Service),
    Row("createdAt", ReadOnly, Service),
    Row("createdBy", ReadOnly, Service),
    Row("currentServiceDeployment", ReadOnly, Service),
    Row("currentServiceRevisions", ReadOnly, Service),
    Row("resourceManagementType", ReadOnly, Service),
];

/// How ECS takes a member; `None` if this version does not know it.
pub fn update_path(member: &str) -> Option<UpdatePath> {
    TABLE.iter().find(|row| row.0 == member).map(|row| row.1)
}

/// Which response shows a member. Unknown members are looked for in the service.
pub fn visibility(member: &str) -> Visibility {
    TABLE
        .iter()
        .find(|row| row.0 == member)
        .map_or(Service, |row| row.2)
}

/// Whether only the service revision shows the member, so that it must be read.
pub fn only_in_revision(member: &str) -> bool {
    visibility(member) == Revision
}

/// The members that responses have and definitions cannot have.
pub fn read_only() -> impl Iterator<Item = &'static str> {
    TABLE
        .iter()
        .filter(|row| row.1 == ReadOnly)
        .map(|row| row.0)
}

/// All members that CreateService takes.
pub fn creatable() -> impl Iterator<Item = &'static str> {
    TABLE
        .iter()
        .filter(|row| row.1 != ReadOnly)
        .map(|row| row.0)
}
