//! AWS's token buckets per account and region: burst and refill rate (per second) of each class of calls.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The buckets. They are off unless a test turns them on.
#[derive(Clone, Default)]
pub(crate) struct Buckets {
    pub(crate) on: bool,
    levels: BTreeMap<&'static str, (f64, Timestamp)>,
}

/// Class, burst, refill per second.
fn class(operation: &str) -> (&'static str, f64, f64) {
    match operation {
        "DescribeClusters" | "ListClusters" => ("cluster read", 50.0, 20.0),
        "RegisterTaskDefinition" | "DeregisterTaskDefinition" => {
            ("task definition modify", 20.0, 1.0)
        }
        "DescribeTaskDefinition" | "ListTaskDefinitions" | "ListTaskDefinitionFamilies" => {
            ("task definition read", 50.0, 20.0)
        }
        "DescribeTasks" | "ListTasks" => ("task read", 100.0, 20.0),
        "RunTask" | "StopTask" => ("task modify", 100.0, 40.0),
        "CreateService" | "UpdateService" | "DeleteService" => ("service modify", 50.0, 5.0),
        "DescribeServices" | "ListServices" => ("service read", 100.0, 20.0),
        "DescribeServiceRevisions" => ("service revisions", 50.0, 20.0),
        "TagResource" | "UntagResource" => ("tag modify", 20.0, 10.0),
        _ => ("service deployments", 50.0, 20.0),
    }
}

impl Buckets {
    /// Takes a token for this call. Returns false if none is left: the call is throttled.
    pub(crate) fn take(&mut self, operation: &str, now: Timestamp) -> bool {
        if !self.on {
            return true;
        }
        let (name, burst, refill) = class(operation);
        let (level, since) = self.levels.get(name).copied().unwrap_or((burst, now));
        let passed = now.duration_since(since).as_secs_f64().max(0.0);
        let level = (level + passed * refill).min(burst);
        let taken = level >= 1.0;
        let left = if taken { level - 1.0 } else { level };
        self.levels.insert(name, (left, now));
        taken
    }
}
