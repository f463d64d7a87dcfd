//! Checks that need only the two definitions: whether they match, and whether the service definition
//! contradicts itself. ECS would find the same, but only after a revision was registered.
//!
//! Decided here: which parts of the definitions must match. Never decided here: whether a value
//! exists in AWS, and what happens if a check fails.

use serde_json::Value;

use super::declaration::ServiceDeclaration;
use super::verify::{Check, CheckResult, SERVICE_DEFINITION, TASK_DEFINITION, balancers};

/// All checks of the two definitions, also the successful ones.
pub fn checks(definition: Option<&Value>, service: &ServiceDeclaration) -> Vec<Check> {
    let mut checks = contradictions(service);
    if let Some(definition) = definition {
        checks.extend(references(definition, service));
        if !service.definition.is_empty() {
            checks.extend(completeness(definition, service));
        }
    }
    checks
}

/// The problems that make ECS reject the service. An existing service has members that are not
/// declared, so only what is declared is checked unless the service is created.
pub fn problems(
    definition: Option<&Value>,
    service: &ServiceDeclaration,
    is_created: bool,
) -> Vec<Check> {
    let mut checks = contradictions(service);
    if let Some(definition) = definition {
        checks.extend(references(definition, service));
        if is_created {
            checks.extend(completeness(definition, service));
        }
    }
    checks.retain(|check| check.found == CheckResult::Wrong);
    checks
}

/// Members of the service definition that exclude each other.
fn contradictions(service: &ServiceDeclaration) -> Vec<Check> {
    let member = |name: &str| service.definition.get(name).filter(|v| !v.is_null());
    let mut checks = Vec::new();
    let has_strategy = member("capacityProviderStrategy")
        .and_then(Value::as_array)
        .is_some_and(|items| !items.is_empty());
    if has_strategy && member("launchType").is_some() {
        checks.push(Check::wrong(
            "launchType",
            "excludes capacityProviderStrategy: declare only one of them",
            SERVICE_DEFINITION,
        ));
    }
    let is_daemon = member("schedulingStrategy").is_some_and(|s| s == "DAEMON");
    if is_daemon && member("desiredCount").is_some() {
        checks.push(Check::wrong(
            "desiredCount",
            "is not possible with schedulingStrategy DAEMON: remove it",
            SERVICE_DEFINITION,
        ));
    }
    checks
}

/// What the service definition refers to in the task definition: containers and ports behind load
/// balancers and in service registries, named ports of Service Connect and VPC Lattice, and volumes.
fn references(definition: &Value, service: &ServiceDeclaration) -> Vec<Check> {
    let mut checks: Vec<Check> = balancers(service)
        .map(|balancer| target(definition, balancer))
        .collect();
    let registries = service.definition.get("serviceRegistries");
    let registries = registries.into_iter().flat_map(list);
    let named = registries.filter(|registry| registry["containerName"].is_string());
    checks.extend(named.map(|registry| target(definition, registry)));
    checks.extend(port_names(service).map(|name| named_port(definition, name)));
    checks.extend(volume_names(service).map(|name| volume(definition, name)));
    checks.extend(requirements(definition, service));
    checks
}

/// Members of the service that need a property of the task definition, and do not have it.
fn requirements(definition: &Value, service: &ServiceDeclaration) -> Vec<Check> {
    let member = |name: &str| service.definition.get(name).filter(|v| !v.is_null());
    let mut checks = Vec::new();
    if member("networkConfiguration").is_some() && definition["networkMode"] != "awsvpc" {
        checks.push(Check::wrong(
            "networkConfiguration",
            "needs networkMode awsvpc",
            TASK_DEFINITION,
        ));
    }
    let has_role = definition["taskRoleArn"]
        .as_str()
        .is_some_and(|role| !role.is_empty());
    if member("enableExecuteCommand").is_some_and(|is_on| *is_on == true) && !has_role {
        checks.push(Check::wrong(
            "enableExecuteCommand",
            "needs a taskRoleArn",
            TASK_DEFINITION,
        ));
    }
    // ECS determines the compatibilities of a registered revision, which may be more.
    let names = ["compatibilities", "requiresCompatibilities"];
    let mut types = names.into_iter().map(|name| &definition[name]);
    let compatible = types.find(|types| list(types).next().is_some());
    if let (Some(launch_type), Some(compatible)) = (member("launchType"), compatible)
        && list(compatible).all(|one| one != launch_type)
    {
        checks.push(Check::wrong(
            format!("launchType {}", launch_type.as_str().unwrap_or_default()),
            "is not in requiresCompatibilities",
            TASK_DEFINITION,
        ));
    }
    checks
}

/// What a new service of this task definition must declare: subnets in awsvpc mode, and volumes
/// that are configured at launch.
fn completeness(definition: &Value, service: &ServiceDeclaration) -> Vec<Check> {
    let mut checks = Vec::new();
    let network = service.definition.get("networkConfiguration");
    let subnets = network.and_then(|n| n["awsvpcConfiguration"]["subnets"].as_array());
    if definition["networkMode"] == "awsvpc" {
        checks.push(match subnets.map(Vec::len) {
            None | Some(0) => Check::wrong(
                "subnets",
                "are required for awsvpc tasks",
                SERVICE_DEFINITION,
            ),
            Some(n) => Check::good("subnets", format!("{n} declared")),
        });
    }
    let is_declared = |name: &Value| volume_names(service).any(|declared| name == declared);
    for volume in list(&definition["volumes"]) {
        if volume["configuredAtLaunch"] == true && !is_declared(&volume["name"]) {
            let name = volume["name"].as_str().unwrap_or_default();
            checks.push(Check::wrong(
                format!("volume {name}"),
                "is configuredAtLaunch, but volumeConfigurations does not contain it",
                SERVICE_DEFINITION,
            ));
        }
    }
    checks
}

fn target(definition: &Value, balancer: &Value) -> Check {
    let name = balancer["containerName"].as_str().unwrap_or_default();
    let port = &balancer["containerPort"];
    let what = format!("container {name}:{port}");
    let container = list(&definition["containerDefinitions"]).find(|c| c["name"] == name);
    let Some(container) = container else {
        return Check::wrong(
            what,
            "the task definition has no such container",
            SERVICE_DEFINITION,
        );
    };
    let is_mapped = list(&container["portMappings"]).any(|mapping| maps(mapping, port));
    if is_mapped {
        Check::good(what, "is in the task definition")
    } else {
        Check::wrong(
            what,
            "the container does not map this port",
            TASK_DEFINITION,
        )
    }
}

/// Whether a port mapping, which may be a range such as `8000-8010`, contains the port.
fn maps(mapping: &Value, port: &Value) -> bool {
    let range = mapping["containerPortRange"].as_str();
    let range = range.and_then(|range| range.split_once('-'));
    let in_range = |(from, to): (&str, &str)| {
        let port = port.as_u64()?;
        let (from, to): (u64, u64) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        Some((from..=to).contains(&port))
    };
    mapping["containerPort"] == *port || range.and_then(in_range).unwrap_or(false)
}

fn named_port(definition: &Value, name: &str) -> Check {
    let what = format!("port name {name}");
    let mut mappings =
        list(&definition["containerDefinitions"]).flat_map(|c| list(&c["portMappings"]));
    if mappings.any(|mapping| mapping["name"] == name) {
        Check::good(what, "is in the task definition")
    } else {
        Check::wrong(
            what,
            "no port mapping of the task definition has this name",
            TASK_DEFINITION,
        )
    }
}

fn volume(definition: &Value, name: &str) -> Check {
    let what = format!("volume {name}");
    match list(&definition["volumes"]).find(|volume| volume["name"] == name) {
        None => Check::wrong(
            what,
            "the task definition has no such volume",
            SERVICE_DEFINITION,
        ),
        Some(volume) if volume["configuredAtLaunch"] == true => {
            Check::good(what, "is configured at launch")
        }
        Some(_) => Check::wrong(
            what,
            "must have configuredAtLaunch to be in volumeConfigurations",
            TASK_DEFINITION,
        ),
    }
}

/// The port names that Service Connect and VPC Lattice refer to.
fn port_names(service: &ServiceDeclaration) -> impl Iterator<Item = &str> {
    let connect = service.definition.get("serviceConnectConfiguration");
    let connect = connect.filter(|c| c["enabled"] == true);
    let lattice = service.definition.get("vpcLatticeConfigurations");
    let services = connect.into_iter().flat_map(|c| list(&c["services"]));
    let all = services.chain(lattice.into_iter().flat_map(list));
    all.filter_map(|item| item["portName"].as_str())
}

/// The volumes that the service definition configures.
fn volume_names(service: &ServiceDeclaration) -> impl Iterator<Item = &str> {
    let volumes = service.definition.get("volumeConfigurations");
    let volumes = volumes.into_iter().flat_map(list);
    volumes.filter_map(|volume| volume["name"].as_str())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{checks, problems};
    use crate::plan::declaration::ServiceDeclaration;

    fn declared(definition: Value) -> ServiceDeclaration {
        ServiceDeclaration {
            cluster: "c".into(),
            service: "s".into(),
            definition: definition.as_object().cloned().expect("an object"),
        }
    }

    fn task_definition() -> Value {
        json!({"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
            "containerDefinitions": [
                {"name": "app", "portMappings": [{"containerPort": 80, "name": "http"}]},
                {"name": "rtp", "portMappings": [{"containerPortRange": "5000-5010"}]}],
            "volumes": [{"name": "data", "configuredAtLaunch": true}, {"name": "tmp"}]})
    }

    /// The problems of a new service, one per line.
    fn wrong(definition: Value, is_created: bool) -> Vec<String> {
        let service = declared(definition);
        let problems = problems(Some(&task_definition()), &service, is_created);
        let line = |c: &super::Check| format!("{} {}", c.what, c.detail);
        problems.iter().map(line).collect()
    }

    #[test]
    fn each_mismatch_is_a_problem() {
        let no_container = "container web:80 the task definition has no such container";
        let no_port = "container app:81 the container does not map this port";
        let no_name = "port name grpc no port mapping of the task definition has this name";
        let balancer = |name: &str, port: u16| {
            json!({"loadBalancers": [
                {"targetGroupArn": "g", "containerName": name, "containerPort": port}]})
        };
        let connect = |enabled: bool, name: &str| {
            json!({"serviceConnectConfiguration":
                {"enabled": enabled, "services": [{"portName": name}]}})
        };
        let volume = |name: &str| json!({"volumeConfigurations": [{"name": name}]});
        for (definition, expected) in [
            (json!({}), None),
            (balancer("app", 80), None),
            (balancer("rtp", 5010), None),
            (balancer("web", 80), Some(no_container)),
            (balancer("app", 81), Some(no_port)),
            (connect(true, "http"), None),
            (connect(true, "grpc"), Some(no_name)),
            (connect(false, "grpc"), None),
            (
                json!({"serviceConnectConfiguration": {"enabled": true}}),
                None,
            ),
            (
                json!({"vpcLatticeConfigurations": [{"portName": "grpc"}]}),
                Some(no_name),
            ),
            (volume("data"), None),
            (
                volume("logs"),
                Some("volume logs the task definition has no such volume"),
            ),
            (
                volume("tmp"),
                Some("volume tmp must have configuredAtLaunch to be in volumeConfigurations"),
            ),
            (
                json!({"launchType": "FARGATE", "capacityProviderStrategy": [{"weight": 1}]}),
                Some("launchType excludes capacityProviderStrategy: declare only one of them"),
            ),
            (
                json!({"launchType": "FARGATE", "capacityProviderStrategy": []}),
                None,
            ),
            (
                json!({"schedulingStrategy": "DAEMON", "desiredCount": 2}),
                Some("desiredCount is not possible with schedulingStrategy DAEMON: remove it"),
            ),
            (
                json!({"schedulingStrategy": "DAEMON", "desiredCount": null}),
                None,
            ),
            (
                json!({"serviceRegistries": [{"registryArn": "r", "containerName": "web", "containerPort": 80}]}),
                Some(no_container),
            ),
            (json!({"serviceRegistries": [{"registryArn": "r"}]}), None),
            (json!({"launchType": "FARGATE"}), None),
            (
                json!({"launchType": "EC2"}),
                Some("launchType EC2 is not in requiresCompatibilities"),
            ),
            (
                json!({"enableExecuteCommand": true}),
                Some("enableExecuteCommand needs a taskRoleArn"),
            ),
            (json!({"enableExecuteCommand": false}), None),
        ] {
            let found = wrong(definition.clone(), false);
            assert_eq!(found, Vec::from_iter(expected), "{definition}");
        }
    }

    #[test]
    fn a_new_service_needs_subnets_and_its_volumes() {
        let missing = [
            "subnets are required for awsvpc tasks",
            "volume data is configuredAtLaunch, but volumeConfigurations does not contain it",
        ];
        assert_eq!(wrong(json!({}), true), missing);
        let complete = json!({"volumeConfigurations": [{"name": "data"}],
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}}});
        assert_eq!(wrong(complete.clone(), true), [""; 0]);
        let all = checks(Some(&task_definition()), &declared(complete));
        let what: Vec<&str> = all.iter().map(|c| c.what.as_str()).collect();
        assert_eq!(what, ["volume data", "subnets"]);
    }

    #[test]
    fn a_network_configuration_needs_awsvpc() {
        let service = declared(json!({"networkConfiguration": {}}));
        let wrong = |mode: Value| problems(Some(&json!({"networkMode": mode})), &service, false);
        assert_eq!(wrong(json!("awsvpc")), []);
        let found = wrong(json!("bridge"));
        assert_eq!(
            found[0].sentence(),
            "networkConfiguration: needs networkMode awsvpc (fix in: the task definition)"
        );
        assert_eq!(wrong(Value::Null), found);
    }

    #[test]
    fn the_compatibilities_of_a_registered_revision_decide() {
        let definition =
            json!({"requiresCompatibilities": ["FARGATE"], "compatibilities": ["EC2", "FARGATE"]});
        let service = declared(json!({"launchType": "EC2"}));
        assert_eq!(problems(Some(&definition), &service, false), []);
    }
}
