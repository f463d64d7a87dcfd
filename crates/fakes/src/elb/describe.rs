//! The describe operations of ELB.

use super::state::{Balancer, Group, Health, Listener, Rule, State, Target};
use crate::query::{Form, Xml};
use crate::wire::ApiError;
use crate::world::World;

fn no_group() -> ApiError {
    ApiError::new("TargetGroupNotFound", "One or more target groups not found")
}

pub(crate) fn target_health(elb: &State, form: &Form) -> Result<String, ApiError> {
    let arn = form.get("TargetGroupArn").unwrap_or_default();
    let group = elb
        .groups
        .iter()
        .find(|g| g.arn == arn)
        .ok_or_else(no_group)?;
    let asked: Vec<(&str, Option<u16>)> = (1..)
        .map_while(|index| {
            let id = form.get(&format!("Targets.member.{index}.Id"))?;
            let port = form.get(&format!("Targets.member.{index}.Port"));
            Some((id, port.and_then(|port| port.parse().ok())))
        })
        .collect();
    let fits = |target: &Target, (id, port): (&str, Option<u16>)| {
        target.id == id && port.is_none_or(|port| port == target.port)
    };
    let mut shown: Vec<Target> = group
        .targets
        .iter()
        .filter(|target| asked.is_empty() || asked.iter().any(|one| fits(target, *one)))
        .cloned()
        .collect();
    for (id, port) in asked {
        if !shown.iter().any(|target| fits(target, (id, port))) {
            shown.push(Target {
                id: id.into(),
                port: port.unwrap_or(group.port),
                zone: String::new(),
                task: None,
                health: Health::new(
                    "unused",
                    Some("Target.NotRegistered"),
                    Some("Target is not registered to the target group"),
                ),
            });
        }
    }
    let used = elb
        .balancers
        .iter()
        .flat_map(|balancer| &balancer.listeners)
        .flat_map(|listener| &listener.rules)
        .any(|rule| {
            rule.forwards
                .iter()
                .any(|(forwarded, _)| *forwarded == group.arn)
        });
    if !used {
        for target in &mut shown {
            target.health = Health::new(
                "unused",
                Some("Target.NotInUse"),
                Some("Target group is not configured to receive traffic from the load balancer"),
            );
        }
    }
    let mut xml = Xml::default();
    xml.list("TargetHealthDescriptions", &shown, |xml, target| {
        xml.text("HealthCheckPort", &target.port.to_string());
        xml.element("Target", |xml| {
            xml.text("Id", &target.id)
                .text("Port", &target.port.to_string());
            if !target.zone.is_empty() {
                xml.text("AvailabilityZone", &target.zone);
            }
        });
        xml.element("TargetHealth", |xml| {
            xml.text("State", &target.health.state);
            if let Some(reason) = &target.health.reason {
                xml.text("Reason", reason);
            }
            if let Some(description) = &target.health.description {
                xml.text("Description", description);
            }
        });
        xml.element("AdministrativeOverride", |xml| {
            xml.text("State", "no_override")
                .text("Reason", "AdministrativeOverride.NoOverride")
                .text("Description", "No override is currently active on target");
        });
    });
    Ok(xml.finish())
}

pub(crate) fn target_groups(elb: &State, form: &Form) -> Result<String, ApiError> {
    let arns = form.list("TargetGroupArns");
    let names = form.list("Names");
    let of_balancer = form.get("LoadBalancerArn");
    let mut shown = Vec::new();
    for group in &elb.groups {
        let balancers = balancers_of(elb, group);
        let asked = (arns.is_empty() || arns.contains(&group.arn.as_str()))
            && (names.is_empty() || names.contains(&group.name.as_str()))
            && of_balancer.is_none_or(|arn| balancers.iter().any(|b| b.arn == arn));
        if asked {
            shown.push((group, balancers));
        }
    }
    if shown.len() < arns.len().max(names.len()) {
        return Err(no_group());
    }
    let mut xml = Xml::default();
    xml.list("TargetGroups", shown, |xml, (group, balancers)| {
        xml.text("TargetGroupArn", &group.arn)
            .text("TargetGroupName", &group.name)
            .text("Protocol", "HTTP")
            .text("Port", &group.port.to_string())
            .text("VpcId", "vpc-0a1b2c3d4e5f67890")
            .text("HealthCheckProtocol", "HTTP")
            .text("HealthCheckPort", "traffic-port")
            .text("HealthCheckEnabled", "true")
            .text("HealthCheckIntervalSeconds", "30")
            .text("HealthCheckTimeoutSeconds", "5")
            .text("HealthyThresholdCount", "5")
            .text("UnhealthyThresholdCount", "2")
            .text("HealthCheckPath", &group.path)
            .element("Matcher", |xml| {
                xml.text("HttpCode", "200");
            });
        xml.list("LoadBalancerArns", &balancers, |xml, balancer| {
            xml.raw(&balancer.arn);
        });
        xml.text("TargetType", &group.kind)
            .text("ProtocolVersion", "HTTP1")
            .text("IpAddressType", "ipv4");
    });
    Ok(xml.finish())
}

fn balancers_of<'e>(elb: &'e State, group: &Group) -> Vec<&'e Balancer> {
    elb.balancers
        .iter()
        .filter(|balancer| {
            let rules = balancer
                .listeners
                .iter()
                .flat_map(|listener| &listener.rules);
            rules
                .flat_map(|rule| &rule.forwards)
                .any(|(forwarded, _)| *forwarded == group.arn)
        })
        .collect()
}

pub(crate) fn listeners(elb: &State, form: &Form) -> Result<String, ApiError> {
    let arns = form.list("ListenerArns");
    let of_balancer = form.get("LoadBalancerArn");
    if let Some(arn) = of_balancer
        && !elb.balancers.iter().any(|balancer| balancer.arn == arn)
    {
        return Err(no_balancer());
    }
    let shown: Vec<(&Balancer, &Listener)> = elb
        .balancers
        .iter()
        .filter(|balancer| of_balancer.is_none_or(|arn| balancer.arn == arn))
        .flat_map(|balancer| balancer.listeners.iter().map(move |l| (balancer, l)))
        .filter(|(_, listener)| arns.is_empty() || arns.contains(&listener.arn.as_str()))
        .collect();
    if shown.len() < arns.len() {
        return Err(ApiError::new(
            "ListenerNotFound",
            "One or more listeners not found",
        ));
    }
    let mut xml = Xml::default();
    xml.list("Listeners", shown, |xml, (balancer, listener)| {
        xml.text("ListenerArn", &listener.arn)
            .text("LoadBalancerArn", &balancer.arn)
            .text("Port", &listener.port.to_string())
            .text("Protocol", "HTTP");
        if let Some(rule) = listener.rules.iter().find(|r| r.priority == "default") {
            actions(xml, "DefaultActions", rule);
        }
    });
    Ok(xml.finish())
}

fn actions(xml: &mut Xml, name: &str, rule: &Rule) {
    xml.list(name, [rule], |xml, rule| {
        xml.text("Type", "forward");
        if let [(group, _)] = rule.forwards.as_slice() {
            xml.text("TargetGroupArn", group);
        }
        xml.text("Order", "1");
        xml.element("ForwardConfig", |xml| {
            xml.list("TargetGroups", &rule.forwards, |xml, (group, weight)| {
                xml.text("TargetGroupArn", group)
                    .text("Weight", &weight.to_string());
            });
            xml.element("TargetGroupStickinessConfig", |xml| {
                xml.text("Enabled", "false");
            });
        });
    });
}

pub(crate) fn rules(elb: &State, form: &Form) -> Result<String, ApiError> {
    let arns = form.list("RuleArns");
    let of_listener = form.get("ListenerArn");
    let listeners = elb.balancers.iter().flat_map(|b| &b.listeners);
    let shown: Vec<&Rule> = listeners
        .filter(|listener| of_listener.is_none_or(|arn| listener.arn == arn))
        .flat_map(|listener| &listener.rules)
        .filter(|rule| arns.is_empty() || arns.contains(&rule.arn.as_str()))
        .collect();
    if shown.is_empty() || shown.len() < arns.len() {
        return Err(ApiError::new("RuleNotFound", "One or more rules not found"));
    }
    let mut xml = Xml::default();
    xml.list("Rules", shown, |xml, rule| {
        xml.text("RuleArn", &rule.arn)
            .text("Priority", &rule.priority);
        xml.list("Conditions", rule.path.as_deref(), |xml, path| {
            xml.text("Field", "path-pattern");
            xml.list("Values", [path], |xml, path| {
                xml.raw(path);
            });
            xml.element("PathPatternConfig", |xml| {
                xml.list("Values", [path], |xml, path| {
                    xml.raw(path);
                });
            });
        });
        actions(xml, "Actions", rule);
        let default = rule.priority == "default";
        xml.text("IsDefault", if default { "true" } else { "false" });
    });
    Ok(xml.finish())
}

fn no_balancer() -> ApiError {
    ApiError::new(
        "LoadBalancerNotFound",
        "One or more load balancers not found",
    )
}

pub(crate) fn balancers(world: &World, form: &Form) -> Result<String, ApiError> {
    let arns = form.list("LoadBalancerArns");
    let names = form.list("Names");
    let shown: Vec<&Balancer> = world
        .elb
        .balancers
        .iter()
        .filter(|balancer| {
            (arns.is_empty() || arns.contains(&balancer.arn.as_str()))
                && (names.is_empty() || names.contains(&balancer.name.as_str()))
        })
        .collect();
    if shown.len() < arns.len().max(names.len()) {
        return Err(no_balancer());
    }
    let zones = ["a", "b"].map(|letter| format!("{}{letter}", world.region));
    let mut xml = Xml::default();
    xml.list("LoadBalancers", shown, |xml, balancer| {
        xml.text("LoadBalancerArn", &balancer.arn)
            .text("DNSName", &balancer.dns)
            .text("CanonicalHostedZoneId", "Z215JYRZR1TBD5")
            .text("LoadBalancerName", &balancer.name)
            .text("Scheme", "internal")
            .text("VpcId", "vpc-0a1b2c3d4e5f67890")
            .element("State", |xml| {
                xml.text("Code", "active");
            })
            .text("Type", "application");
        xml.list("AvailabilityZones", &zones, |xml, zone| {
            xml.text("ZoneName", zone)
                .text("SubnetId", "subnet-0a1b2c3d4e5f67890");
        });
        xml.list("SecurityGroups", ["sg-0a1b2c3d4e5f67890"], |xml, group| {
            xml.raw(group);
        });
        xml.text("IpAddressType", "ipv4");
    });
    Ok(xml.finish())
}
