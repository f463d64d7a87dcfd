//! Where order means nothing to ECS, and what it takes where nothing is said.

use serde_json::{Map, Value};

use super::network::Network;
use super::number::canonical_number;
use super::size;

/// What the order of a list means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Counts,
    /// Nothing: elements are told apart by this member.
    By(&'static str),
    /// Nothing: it is a set.
    None,
}

/// The order of the list `member` in `structure`. Sources: the API reference's description of
/// each member; a list of which it says nothing keeps its order.
pub(crate) fn order(structure: &str, member: &str) -> Order {
    match (structure, member) {
        (_, "tags") => Order::By("key"),
        (
            "RegisterTaskDefinitionRequest" | "TaskDefinition",
            "containerDefinitions" | "volumes",
        ) => Order::By("name"),
        ("RegisterTaskDefinitionRequest" | "TaskDefinition", "inferenceAccelerators") => {
            Order::By("deviceName")
        }
        (
            "RegisterTaskDefinitionRequest" | "TaskDefinition",
            "requiresCompatibilities" | "placementConstraints",
        ) => Order::None,
        ("ContainerDefinition", "environment" | "secrets" | "ulimits")
        | ("ContainerOverride", "environment")
        | ("LogConfiguration" | "ServiceConnectConfiguration", "secretOptions")
        | ("ProxyConfiguration", "properties")
        | ("TaskOverride", "containerOverrides") => Order::By("name"),
        ("ContainerDefinition", "dependsOn") => Order::By("containerName"),
        ("ContainerDefinition", "mountPoints") | ("LinuxParameters", "tmpfs") => {
            Order::By("containerPath")
        }
        ("ContainerDefinition", "volumesFrom") => Order::By("sourceContainer"),
        ("ContainerDefinition", "systemControls") => Order::By("namespace"),
        ("ContainerDefinition" | "ContainerOverride", "resourceRequirements") => Order::By("type"),
        (
            "ContainerDefinition",
            "portMappings" | "extraHosts" | "links" | "dockerSecurityOptions" | "credentialSpecs",
        )
        | ("KernelCapabilities", "add" | "drop")
        | ("LinuxParameters", "devices")
        | ("Device", "permissions")
        | ("ContainerRestartPolicy", "ignoredExitCodes")
        | ("AwsVpcConfiguration", "subnets" | "securityGroups")
        | ("DeploymentAlarms", "alarmNames")
        | ("DeploymentConfiguration", "lifecycleHooks")
        | ("ServiceConnectService", "clientAliases") => Order::None,
        ("CreateServiceRequest" | "UpdateServiceRequest" | "RunTaskRequest", member) => {
            match member {
                "loadBalancers"
                | "serviceRegistries"
                | "vpcLatticeConfigurations"
                | "placementConstraints" => Order::None,
                "capacityProviderStrategy" => Order::By("capacityProvider"),
                "volumeConfigurations" => Order::By("name"),
                _ => Order::Counts,
            }
        }
        ("ServiceConnectConfiguration", "services") => Order::By("portName"),
        _ => Order::Counts,
    }
}

/// How the text of a size is read, where `member` is one.
pub(super) fn size(structure: &str, member: &str) -> Option<fn(&str) -> Option<u64>> {
    match (structure, member) {
        ("RegisterTaskDefinitionRequest" | "TaskDefinition" | "TaskOverride", "cpu") => {
            Some(size::cpu_units)
        }
        ("RegisterTaskDefinitionRequest" | "TaskDefinition" | "TaskOverride", "memory") => {
            Some(size::memory_mebibytes)
        }
        _ => None,
    }
}

/// Whether `value` (in its normal form) is what ECS takes where nothing is said.
pub(super) fn is_default(
    structure: &str,
    member: &str,
    value: &Value,
    siblings: &Map<String, Value>,
    network: Network,
) -> bool {
    match (structure, member) {
        ("ContainerDefinition", "essential") => *value == true,
        ("ContainerDefinition", "cpu") => is(value, "0"),
        (
            "ContainerDefinition",
            "readonlyRootFilesystem"
            | "privileged"
            | "interactive"
            | "pseudoTerminal"
            | "disableNetworking",
        )
        | ("LinuxParameters", "initProcessEnabled")
        | ("MountPoint" | "VolumeFrom", "readOnly")
        | ("RegisterTaskDefinitionRequest" | "TaskDefinition", "enableFaultInjection") => {
            *value == false
        }
        ("ContainerDefinition", "versionConsistency") => is(value, "enabled"),
        ("PortMapping", "protocol") => is(value, "tcp"),
        ("PortMapping", "hostPort") => match network {
            Network::Own => siblings
                .get("containerPort")
                .is_some_and(|port| match port {
                    Value::Number(port) => is(value, &canonical_number(port)),
                    _ => false,
                }),
            Network::Bridge => is(value, "0"),
        },
        ("HealthCheck", "interval") => is(value, "30"),
        ("HealthCheck", "timeout") => is(value, "5"),
        ("HealthCheck", "retries") => is(value, "3"),
        ("HealthCheck", "startPeriod") => is(value, "0"),
        ("EFSVolumeConfiguration", "rootDirectory") => is(value, "/"),
        ("EFSVolumeConfiguration", "transitEncryption") | ("EFSAuthorizationConfig", "iam") => {
            is(value, "DISABLED")
        }
        _ => false,
    }
}

/// Whether an empty object of this structure says nothing. An empty `dockerVolumeConfiguration`
/// asks for a volume all the same.
pub(super) fn is_nothing_when_empty(structure: &str) -> bool {
    structure != "DockerVolumeConfiguration"
}

fn is(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value == text,
        Value::Number(number) => number.to_string() == text,
        _ => false,
    }
}
