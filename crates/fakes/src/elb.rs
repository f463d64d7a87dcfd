//! Elastic Load Balancing v2: target groups on the listeners of load balancers, and the health of
//! their targets, which the scripts of ECS move.

mod describe;
mod state;

use std::sync::Arc;

use crate::query::{self, Form};
use crate::wire::{ApiError, Request, Response};
use crate::world::{Inner, World};

pub use state::Health;
use state::{Balancer, Group, Listener, Rule, Target};
pub(crate) use state::{Registration, State};

pub(crate) const NAMESPACE: &str = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";

/// A target group that hangs on a listener.
#[derive(Clone, Debug)]
pub struct TargetGroup {
    pub arn: String,
    pub load_balancer_arn: String,
    pub listener_arn: String,
    /// The rule that forwards to it.
    pub rule_arn: String,
}

/// What a test sets of ELB.
pub struct Elb(pub(crate) Arc<Inner>);

impl Elb {
    /// A target group of type `ip` behind an internal load balancer, on a listener of port 80 whose
    /// default rule forwards to it.
    pub fn target_group(&self, name: &str, port: u16) -> TargetGroup {
        let arn = self.unattached_target_group(name, port, "ip");
        let world = &mut *self.0.world();
        let id = world.ids.hex(16);
        let tail = format!("app/{name}/{id}");
        let listener = format!("{tail}/{}", world.ids.hex(16));
        let rule = format!("{listener}/{}", world.ids.hex(16));
        let named = TargetGroup {
            arn: arn.clone(),
            load_balancer_arn: balancing(world, &format!("loadbalancer/{tail}")),
            listener_arn: balancing(world, &format!("listener/{listener}")),
            rule_arn: balancing(world, &format!("listener-rule/{rule}")),
        };
        let dns = format!("internal-{name}-{id}.{}.elb.amazonaws.com", world.region);
        world.elb.balancers.push(Balancer {
            name: name.into(),
            arn: named.load_balancer_arn.clone(),
            dns,
            listeners: vec![Listener {
                arn: named.listener_arn.clone(),
                port: 80,
                rules: vec![Rule {
                    arn: named.rule_arn.clone(),
                    priority: "default".into(),
                    path: None,
                    forwards: vec![(arn, 1)],
                }],
            }],
        });
        named
    }

    /// A target group on no listener: CreateService refuses it. `kind` is `ip` or `instance`.
    pub fn unattached_target_group(&self, name: &str, port: u16, kind: &str) -> String {
        let world = &mut *self.0.world();
        let id = world.ids.hex(16);
        let arn = balancing(world, &format!("targetgroup/{name}/{id}"));
        world.elb.groups.push(Group {
            arn: arn.clone(),
            name: name.into(),
            port,
            kind: kind.into(),
            path: "/health".into(),
            targets: Vec::new(),
        });
        arn
    }

    /// One more rule on a listener, with two target groups of weight 100 and 0 as blue/green wants
    /// them; its ARN.
    pub fn rule(&self, listener_arn: &str, path: &str, groups: [&str; 2]) -> String {
        let world = &mut *self.0.world();
        let arn = format!(
            "{}/{}",
            listener_arn.replacen(":listener/", ":listener-rule/", 1),
            world.ids.hex(16)
        );
        let listeners = world
            .elb
            .balancers
            .iter_mut()
            .flat_map(|b| &mut b.listeners);
        for listener in listeners.filter(|listener| listener.arn == listener_arn) {
            let priority = (listener.rules.len() + 1).to_string();
            listener.rules.insert(
                0,
                Rule {
                    arn: arn.clone(),
                    priority,
                    path: Some(path.into()),
                    forwards: vec![(groups[0].into(), 100), (groups[1].into(), 0)],
                },
            );
        }
        arn
    }

    /// The health of one target, registered if it is not there yet.
    pub fn set_target(&self, group_arn: &str, id: &str, port: u16, health: Health) {
        let world = &mut *self.0.world();
        let zone = format!("{}a", world.region);
        let Some(group) = world.elb.groups.iter_mut().find(|g| g.arn == group_arn) else {
            return;
        };
        match group
            .targets
            .iter_mut()
            .find(|t| t.id == id && t.port == port)
        {
            Some(target) => target.health = health,
            None => group.targets.push(Target {
                id: id.into(),
                port,
                zone,
                task: None,
                health,
            }),
        }
    }

    /// A target is gone.
    pub fn remove_target(&self, group_arn: &str, id: &str) {
        let world = &mut *self.0.world();
        for group in world.elb.groups.iter_mut().filter(|g| g.arn == group_arn) {
            group.targets.retain(|target| target.id != id);
        }
    }
}

fn balancing(world: &World, rest: &str) -> String {
    world.arn("elasticloadbalancing", rest)
}

/// Whether a listener forwards to this target group.
pub(crate) fn on_listener(world: &World, group: &str) -> bool {
    world
        .elb
        .balancers
        .iter()
        .flat_map(|balancer| &balancer.listeners)
        .flat_map(|listener| &listener.rules)
        .flat_map(|rule| &rule.forwards)
        .any(|(forwarded, _)| forwarded == group)
}

/// A task's address becomes a target, in state `initial`.
pub(crate) fn register(world: &mut World, registration: &Registration, task: &str) {
    let Some(eni) = world
        .ecs
        .tasks
        .iter()
        .find(|t| t.arn == task)
        .map(|t| &t.eni)
    else {
        return;
    };
    let target = Target {
        id: eni.address.clone(),
        port: registration.port,
        zone: eni.zone.clone(),
        task: Some(task.into()),
        health: Health::new(
            "initial",
            Some("Elb.RegistrationInProgress"),
            Some("Target registration is in progress"),
        ),
    };
    let groups = world.elb.groups.iter_mut();
    for group in groups.filter(|group| group.arn == registration.arn) {
        group.targets.retain(|known| known.id != target.id);
        group.targets.push(target.clone());
    }
}

/// All targets of a task take this health; the groups and ports that they are in.
pub(crate) fn set_task_targets(
    world: &mut World,
    task: &str,
    state: &str,
    reason: Option<&str>,
    description: Option<&str>,
) -> Vec<(String, u16)> {
    let mut places = Vec::new();
    for group in &mut world.elb.groups {
        for target in &mut group.targets {
            if target.task.as_deref() == Some(task) {
                target.health = Health::new(state, reason, description);
                places.push((group.arn.clone(), target.port));
            }
        }
    }
    places
}

/// All targets of a task begin to drain; the groups that they are in.
pub(crate) fn drain_task(world: &mut World, task: &str) -> Vec<String> {
    set_task_targets(
        world,
        task,
        "draining",
        Some("Target.DeregistrationInProgress"),
        Some("Target deregistration is in progress"),
    )
    .into_iter()
    .map(|(group, _)| group)
    .collect()
}

/// All targets of a task are gone.
pub(crate) fn deregister_task(world: &mut World, task: &str) {
    for group in &mut world.elb.groups {
        group
            .targets
            .retain(|target| target.task.as_deref() != Some(task));
    }
}

pub(crate) fn handle(
    world: &mut World,
    operation: &str,
    request: &Request,
    request_id: &str,
) -> Response {
    let form = Form::parse(&request.body);
    let result = match operation {
        "DescribeTargetHealth" => describe::target_health(&world.elb, &form),
        "DescribeTargetGroups" => describe::target_groups(&world.elb, &form),
        "DescribeListeners" => describe::listeners(&world.elb, &form),
        "DescribeRules" => describe::rules(&world.elb, &form),
        "DescribeLoadBalancers" => describe::balancers(world, &form),
        other => Err(ApiError::new(
            "InvalidAction",
            format!("Could not find operation {other} for version 2015-12-01"),
        )),
    };
    match result {
        Ok(result) => query::answer(NAMESPACE, operation, &result, request_id),
        Err(error) => query::error(NAMESPACE, &error, request_id),
    }
}
