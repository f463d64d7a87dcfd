//! How long a deployment may take, and how long it usually takes.

use ecs_model::{DeploymentConfiguration, ServiceDeploymentStatus};
use jiff::{SignedDuration, Timestamp};

use crate::facts::Facts;
use crate::question::{Limit, Question};

/// The deadline. If it was not set, the times in the deployment's configuration are added.
pub fn deadline(facts: &Facts, question: &Question) -> Timestamp {
    let limit = match question.limit {
        Limit::Fixed(limit) => limit,
        Limit::Extended(limit) => {
            let own_time = facts
                .configuration()
                .map_or(SignedDuration::ZERO, DeploymentConfiguration::own_time);
            limit + own_time
        }
    };
    facts.started.checked_add(limit).unwrap_or(Timestamp::MAX)
}

impl Facts {
    /// The median time that earlier successful deployments of this service took.
    pub fn usual_time(&self) -> Option<SignedDuration> {
        self.deployment_ref.as_ref()?;
        let ours = self.service_deployment_arn();
        let earlier = self.listing.known.values().filter(|l| {
            l.status == ServiceDeploymentStatus::Successful
                && Some(l.service_deployment_arn.as_str()) != ours
        });
        let mut times: Vec<SignedDuration> = earlier
            .filter_map(|l| {
                let began = l.created_at.or(l.started_at)?;
                Some(l.finished_at?.duration_since(began))
            })
            .collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }
}
