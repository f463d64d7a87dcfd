//! `DescribeTargetHealth`, with the names of the load balancer's API.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A target and its health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetHealth {
    /// The IP address of a Fargate task.
    pub id: String,
    pub port: Option<u16>,
    pub state: TargetState,
    /// E.g. `Target.ResponseCodeMismatch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// E.g. "Health checks failed with these codes: [404]".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `TargetHealth.State`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetState {
    #[default]
    Initial,
    Healthy,
    Unhealthy,
    #[serde(rename = "unhealthy.draining")]
    UnhealthyDraining,
    Unused,
    Draining,
    Unavailable,
    #[serde(untagged)]
    Other(String),
}

impl TargetState {
    /// Whether the load balancer reports that it does not send requests to the target.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Unhealthy | Self::UnhealthyDraining | Self::Unused | Self::Unavailable
        )
    }

    /// The name in AWS's API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::UnhealthyDraining => "unhealthy.draining",
            Self::Unused => "unused",
            Self::Draining => "draining",
            Self::Unavailable => "unavailable",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for TargetState {
    /// Parses the name in AWS's API, and keeps one that we do not know.
    fn from(word: &str) -> Self {
        match word {
            "initial" => Self::Initial,
            "healthy" => Self::Healthy,
            "unhealthy" => Self::Unhealthy,
            "unhealthy.draining" => Self::UnhealthyDraining,
            "unused" => Self::Unused,
            "draining" => Self::Draining,
            "unavailable" => Self::Unavailable,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for TargetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
