//! A denied action: who may not do what with which resource, and which policy denies it.

/// A missing permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The IAM action, e.g. `ecr:BatchGetImage`.
    pub action: String,
    /// The name of the role whose request was denied.
    pub role: Option<String>,
    /// The resource in AWS's spelling, usually an ARN.
    pub resource: Option<String>,
    pub policy: Policy,
}

/// The policy that denies an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// No policy of the role allows it, or the text does not name the policy.
    Identity,
    /// A policy of the role denies it explicitly.
    ExplicitDeny,
    /// The policy of the resource, e.g. of a repository, a key or a file system.
    Resource,
    /// The policy of a VPC endpoint.
    Endpoint,
    /// The permissions boundary of the role.
    Boundary,
    /// A service control policy of the organization.
    Organization,
}

impl Denial {
    /// Parses AWS's sentence "User: ARN is not authorized to perform: ACTION on resource: RESOURCE
    /// because …", or the SDK's "operation error SERVICE: OPERATION".
    pub(super) fn of(original: &str, text: &str) -> Option<Self> {
        let after = |marker: &str| {
            let start = text.find(marker)? + marker.len();
            let rest = original.get(start..)?.trim_start();
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let word = rest[..end].trim_matches(['"', '\'', ',', '.', ')', ';']);
            (!word.is_empty()).then(|| word.to_owned())
        };
        let role = text.find("assumed-role/").and_then(|start| {
            let rest = original.get(start + "assumed-role/".len()..)?;
            let name = rest.split(['/', ' ']).next()?;
            (!name.is_empty()).then(|| name.to_owned())
        });
        let action = match after("authorized to perform:") {
            Some(action) => action,
            None => called(original, text)?,
        };
        let resource = after("on resource:").filter(|resource| resource != "*");
        Some(Self {
            action,
            role,
            resource,
            policy: Policy::of(text),
        })
    }

    /// Which action is denied, as the end of a sentence.
    pub(in crate::cause) fn sentence(&self) -> String {
        let role = match &self.role {
            Some(role) => format!("the role `{role}` lacks"),
            None => "it lacks".to_owned(),
        };
        let resource = match &self.resource {
            Some(resource) => format!(" on `{resource}`"),
            None => String::new(),
        };
        let policy = match self.policy {
            Policy::Identity => "",
            Policy::ExplicitDeny => " (an explicit deny)",
            Policy::Resource => " (denied by the policy of the resource)",
            Policy::Endpoint => " (denied by the policy of the VPC endpoint)",
            Policy::Boundary => " (denied by its permissions boundary)",
            Policy::Organization => " (denied by a service control policy)",
        };
        format!("{role} {}{resource}{policy}", self.action)
    }

    /// What to do.
    pub(in crate::cause) fn remedy(&self) -> String {
        let role = match &self.role {
            Some(role) => format!("the role `{role}`"),
            None => "the role".to_owned(),
        };
        let action = &self.action;
        let resource = match &self.resource {
            Some(resource) => format!(" on `{resource}`"),
            None => String::new(),
        };
        match self.policy {
            Policy::Identity => format!("Allow {role} {action}{resource}."),
            Policy::ExplicitDeny => {
                format!("Remove the explicit deny of {action}{resource} for {role}.")
            }
            Policy::Resource => {
                format!("Allow {role} {action} in the policy of the resource{resource}.")
            }
            Policy::Endpoint => {
                format!("Allow {action}{resource} in the policy of the VPC endpoint.")
            }
            Policy::Boundary => {
                format!("Allow {action}{resource} in the permissions boundary of {role}.")
            }
            Policy::Organization => format!(
                "Ask the administrator of the AWS organization to allow {action}{resource} in the \
                 service control policy."
            ),
        }
    }
}

impl Policy {
    fn of(text: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&["vpc endpoint policy"]) {
            Self::Endpoint
        } else if has(&["service control policy"]) {
            Self::Organization
        } else if has(&["permissions boundary"]) {
            Self::Boundary
        } else if has(&["resource-based policy"]) {
            Self::Resource
        } else if has(&["explicit deny"]) {
            Self::ExplicitDeny
        } else {
            Self::Identity
        }
    }
}

/// The action of the API call that the SDK reports: "operation error S3: GetObject".
fn called(original: &str, text: &str) -> Option<String> {
    let start = text.find("operation error ")? + "operation error ".len();
    let (service, rest) = original.get(start..)?.split_once(": ")?;
    let operation = rest.split([',', ' ', ':']).next()?;
    let service = match service {
        "Secrets Manager" => "secretsmanager",
        "SSM" => "ssm",
        "S3" => "s3",
        "ECR" => "ecr",
        "EC2" => "ec2",
        "KMS" => "kms",
        "CloudWatch Logs" => "logs",
        "ServiceDiscovery" => "servicediscovery",
        _ => return None,
    };
    // S3 has no permission of its own for HEAD.
    let operation = if operation == "HeadObject" {
        "GetObject"
    } else {
        operation
    };
    (!operation.is_empty()).then(|| format!("{service}:{operation}"))
}
