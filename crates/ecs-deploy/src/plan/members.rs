//! What ECS does with each member of a service definition, read from the service model's own
//! sentences ("This parameter triggers a new service deployment").
//!
//! Decided here: which members UpdateService takes, which only CreateService, which go by another
//! call, where a live service shows them, and whether changing them starts a deployment. A member
//! that is not in the table is one AWS added later: it passes through.

/// How a member of a service definition reaches ECS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// UpdateService takes it.
    Update(Effect),
    /// Only CreateService takes it: a live service keeps what it was created with.
    CreateOnly,
    /// TagResource changes it.
    Tags,
    /// The number of tasks: on a live service it belongs to whoever scales it.
    Count,
    /// Names the service or the request; it is compared before anything is planned.
    Name,
    /// Only answers have it.
    ReadOnly,
}

/// Whether a change of a member starts a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// "This parameter doesn't trigger a new service deployment."
    None,
    /// AWS's documentation does not say.
    Unsaid,
    /// "This parameter triggers a new service deployment."
    Starts,
}

/// Where a live service shows a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// `DescribeServices`: in the service itself.
    Service,
    /// `DescribeServices`: in the PRIMARY deployment only.
    Deployment,
    /// `DescribeServiceRevisions` only.
    Revision,
}

struct Row(&'static str, Way, Shown);

use Effect::{None as Still, Starts, Unsaid};
use Shown::{Deployment, Revision, Service};
use Way::{Count, CreateOnly, Name, ReadOnly, Tags, Update};

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
    Row("gatewayConnectors", Update(Unsaid), Revision),
    Row("monitoring", Update(Unsaid), Revision),
    // The model says that it starts none, and ECS takes it only with a deployment that is forced.
    Row("capacityProviderStrategy", Update(Starts), Service),
    Row("deploymentController", Update(Unsaid), Service),
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

/// How ECS takes a member, or `None` where this version does not know it.
pub fn way(member: &str) -> Option<Way> {
    TABLE.iter().find(|row| row.0 == member).map(|row| row.1)
}

/// Where a live service shows a member; one that is not known is looked for in the service.
pub fn shown(member: &str) -> Shown {
    TABLE
        .iter()
        .find(|row| row.0 == member)
        .map_or(Service, |row| row.2)
}

/// The members that only the service revision shows: reading it is worth a call only for these.
pub fn only_in_revision(member: &str) -> bool {
    shown(member) == Revision
}

/// The members that an answer has and a definition cannot have.
pub fn read_only() -> impl Iterator<Item = &'static str> {
    TABLE
        .iter()
        .filter(|row| row.1 == ReadOnly)
        .map(|row| row.0)
}

/// Every member that CreateService takes.
pub fn creatable() -> impl Iterator<Item = &'static str> {
    TABLE
        .iter()
        .filter(|row| row.1 != ReadOnly)
        .map(|row| row.0)
}
