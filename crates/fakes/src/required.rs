//! Which IAM permissions a request needs: the action and the resource, as policies name them. A
//! denial contains them; the records keep them, so that a whole test suite's calls can be compared with a
//! policy.

use serde_json::Value;

use crate::permission::Permission;
use crate::query::Form;
use crate::service::Service;
use crate::wire::Request;
use crate::world::World;
use crate::{ecr, ecs, logs, registry, s3};

/// The permissions that a request needs, the operation's own first; none for services without IAM.
pub(crate) fn permissions(
    world: &World,
    service: Service,
    operation: &str,
    request: &Request,
) -> Vec<Permission> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let permission = |prefix: &str, resource: String| Permission {
        action: format!("{prefix}:{operation}"),
        resource,
    };
    let mut needed = match service {
        Service::Ecs => vec![permission("ecs", ecs::resource(world, operation, &body))],
        Service::Ecr => vec![permission("ecr", ecr::resource(world, operation, &body))],
        Service::Logs => vec![permission("logs", logs::resource(world, &body))],
        Service::Elb => vec![permission("elasticloadbalancing", "*".into())],
        Service::Sts => {
            let form = Form::parse(&request.body);
            let role = form.get("RoleArn").unwrap_or("*");
            vec![permission("sts", role.into())]
        }
        Service::S3 => vec![permission("s3", s3::resource(world, request))],
        Service::Registry => registry::permission(world, operation, request),
        Service::Github | Service::Gitlab | Service::Oidc => Vec::new(),
    };
    if let (Service::Ecs, "RegisterTaskDefinition" | "RunTask") = (service, operation) {
        needed.extend(passed(&body));
    }
    needed
}

/// iam:PassRole for the roles that a body names.
pub(super) fn passed(body: &Value) -> impl Iterator<Item = Permission> {
    let places = [body, &body["overrides"]];
    places.into_iter().flat_map(|place| {
        ["executionRoleArn", "taskRoleArn"]
            .into_iter()
            .filter_map(|name| place[name].as_str())
            .map(|role| Permission {
                action: "iam:PassRole".into(),
                resource: role.into(),
            })
    })
}
