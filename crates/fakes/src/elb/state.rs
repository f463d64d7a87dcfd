//! The state of ELB: load balancers with their listeners, target groups with their targets.

/// The state of ELB.
#[derive(Default)]
pub(crate) struct State {
    pub(super) balancers: Vec<Balancer>,
    pub(super) groups: Vec<Group>,
}

pub(super) struct Balancer {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) dns: String,
    pub(super) listeners: Vec<Listener>,
}

pub(super) struct Listener {
    pub(super) arn: String,
    pub(super) port: u16,
    pub(super) rules: Vec<Rule>,
}

pub(super) struct Rule {
    pub(super) arn: String,
    pub(super) priority: String,
    pub(super) path: Option<String>,
    /// Target group and weight.
    pub(super) forwards: Vec<(String, u32)>,
}

pub(super) struct Group {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) kind: String,
    pub(super) path: String,
    pub(super) targets: Vec<Target>,
}

#[derive(Clone)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) port: u16,
    pub(super) zone: String,
    /// The ECS task whose network interface it is.
    pub(super) task: Option<String>,
    pub(super) health: Health,
}

/// The health of a target: state, reason code, description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub state: String,
    pub reason: Option<String>,
    pub description: Option<String>,
}

impl Health {
    /// A state with its reason (e.g. `Target.Timeout`) and its description, if it has them.
    pub fn new(state: &str, reason: Option<&str>, description: Option<&str>) -> Self {
        Self {
            state: state.into(),
            reason: reason.map(Into::into),
            description: description.map(Into::into),
        }
    }
}

/// A target group that a deployment's tasks are registered in.
pub(crate) struct Registration {
    pub(crate) arn: String,
    pub(crate) port: u16,
    pub(crate) rule: Option<String>,
}
