//! Why files and flags make no declaration, and what to do about it.

/// Why there is no declaration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclareError {
    #[error("no {what} is named")]
    NoName {
        what: &'static str,
        flag: &'static str,
        output: &'static str,
    },
    #[error("--{flag} says {given}, the service definition says {defined}")]
    TwoNames {
        flag: &'static str,
        given: String,
        defined: String,
    },
    #[error("the service definition is {is}, not an object as CreateService takes it")]
    NoObject { is: &'static str },
    #[error("the service definition is the answer of DescribeServices, not a definition")]
    Described,
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
        "{groups} target groups and {containers} containers are given: each group needs its container"
    )]
    Pairs { groups: usize, containers: usize },
}

impl DeclareError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoName { flag, output, .. } => Some(format!(
                "give --{flag}, or --outputs with the output {output}"
            )),
            Self::Described => Some("`ecs-deploy init` writes a definition from what runs".into()),
            Self::ForeignMember { instead, .. } => Some((*instead).to_owned()),
            Self::Pairs { .. } => {
                Some("--target-group ARN --target-container NAME:PORT, as often as needed".into())
            }
            _ => None,
        }
    }
}
