//! Errors of building a declaration, with the next action.

/// Why the sources do not result in a declaration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclareError {
    #[error("no {what} given")]
    NoName {
        what: &'static str,
        flag: &'static str,
        output: &'static str,
    },
    #[error("--{flag} is {given}, but the service definition contains {defined}")]
    ConflictingNames {
        flag: &'static str,
        given: String,
        defined: String,
    },
    #[error("the service definition is {is}, not an object")]
    NotAnObject { is: &'static str },
    #[error("the service definition is a response of DescribeServices, not a definition")]
    DescribeAnswer,
    #[error("the service definition has the member {member}, which CreateService does not take")]
    ForeignMember {
        member: &'static str,
        instead: &'static str,
    },
    #[error("member {member} of the service definition is {is}, not {wanted}")]
    Type {
        member: &'static str,
        is: &'static str,
        wanted: &'static str,
    },
    #[error("the output {output} is {is}, not {wanted}")]
    Output {
        output: &'static str,
        is: &'static str,
        wanted: &'static str,
    },
    #[error(
        "{groups} target groups but {containers} containers: each target group needs one container"
    )]
    UnpairedTargetGroups { groups: usize, containers: usize },
}

impl DeclareError {
    /// The next action.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoName { flag, output, .. } => Some(format!(
                "set --{flag}, or --outputs with the output {output}"
            )),
            Self::DescribeAnswer => {
                Some("`ecs-deploy init --cluster CLUSTER --service SERVICE` writes a definition from the live service".into())
            }
            Self::ForeignMember { instead, .. } => Some((*instead).to_owned()),
            Self::UnpairedTargetGroups { .. } => {
                Some("set both for each one: --target-group ARN --target-container NAME:PORT".into())
            }
            _ => None,
        }
    }
}
