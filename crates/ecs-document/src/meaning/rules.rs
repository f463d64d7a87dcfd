//! Which lists have no order to ECS, and which values are its defaults.

use serde_json::{Map, Value};

use super::network::HostPorts;
use super::number::canonical_number;
use super::size;

/// Whether the order of a list counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListOrder {
    Counts,
    /// No: this member identifies each element.
    By(&'static str),
    /// No: the list is a set.
    None,
}

/// Whether the order of the list `member` of `structure` counts. Source: the description of each
/// member in the API reference. If it does not mention the order, the order counts.
pub(crate) fn order(structure: &str, member: &str) -> ListOrder {
    match (structure, member) {
        (_, "tags") => ListOrder::By("key"),
        (
            "RegisterTaskDefinitionRequest" | "TaskDefinition",
            "containerDefinitions" | "volumes",
        ) => ListOrder::By("name"),
        ("RegisterTaskDefinitionRequest" | "TaskDefinition", "inferenceAccelerators") => {
            ListOrder::By("deviceName")
        }
        (
            "RegisterTaskDefinitionRequest" | "TaskDefinition",
            "requiresCompatibilities" | "placementConstraints",
        ) => ListOrder::None,
        ("ContainerDefinition", "environment" | "secrets" | "ulimits")
        | ("ContainerOverride", "environment")
        | ("LogConfiguration" | "ServiceConnectConfiguration", "secretOptions")
        | ("ProxyConfiguration", "properties")
        | ("TaskOverride", "containerOverrides") => ListOrder::By("name"),
        ("ContainerDefinition", "dependsOn") => ListOrder::By("containerName"),
        ("ContainerDefinition", "mountPoints") | ("LinuxParameters", "tmpfs") => {
            ListOrder::By("containerPath")
        }
        ("ContainerDefinition", "volumesFrom") => ListOrder::By("sourceContainer"),
        ("ContainerDefinition", "systemControls") => ListOrder::By("namespace"),
        ("ContainerDefinition" | "ContainerOverride", "resourceRequirements") => {
            ListOrder::By("type")
        }
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
        | ("ServiceConnectService", "clientAliases") => ListOrder::None,
        ("CreateServiceRequest" | "UpdateServiceRequest" | "RunTaskRequest", member) => {
            match member {
                "loadBalancers"
                | "serviceRegistries"
                | "vpcLatticeConfigurations"
                | "placementConstraints" => ListOrder::None,
                "capacityProviderStrategy" => ListOrder::By("capacityProvider"),
                "volumeConfigurations" => ListOrder::By("name"),
                _ => ListOrder::Counts,
            }
        }
        ("ServiceConnectConfiguration", "services") => ListOrder::By("portName"),
        _ => ListOrder::Counts,
    }
}

/// The parser of a size, if `member` is one.
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

/// Whether `value` (in its normal form) is ECS's default for the member.
pub(super) fn is_default(
    structure: &str,
    member: &str,
    value: &Value,
    siblings: &Map<String, Value>,
    network: HostPorts,
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
            HostPorts::Own => siblings
                .get("containerPort")
                .is_some_and(|port| match port {
                    Value::Number(port) => is(value, &canonical_number(port)),
                    _ => false,
                }),
            HostPorts::Bridge => is(value, "0"),
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

/// Whether an empty object of this structure means the same as an absent one. An empty
/// `dockerVolumeConfiguration` still requests a volume.
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
