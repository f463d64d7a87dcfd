//! An IAM permission, named like in policies.

/// An action on a resource: `ecs:UpdateService` on a service's ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    pub action: String,
    pub resource: String,
}
