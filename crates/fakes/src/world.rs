//! All state, under one lock and one clock.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::json;

use crate::clock::Clock;
use crate::fault::{Faults, Kind};
use crate::ids::Ids;
use crate::permission::Permission;
use crate::record::Recorded;
use crate::service::Service;
use crate::{ecr, ecs, elb, github, gitlab, logs, registry, s3, sts};

pub(crate) struct Inner {
    pub(crate) clock: Clock,
    pub(crate) world: Mutex<World>,
    /// Applies what is due by a moment to the state.
    pub(crate) advance: fn(&mut World, Timestamp),
    /// Removed with the last user of this cloud.
    pub(crate) _scratch: tempfile::TempDir,
}

impl Inner {
    /// The state, brought up to the present: everything that was due has happened.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let now = self.clock.now();
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        (self.advance)(&mut world, now);
        world.now = world.now.max(now);
        world
    }
}

/// All state, under one lock.
pub(crate) struct World {
    /// The moment of the present request or change.
    pub(crate) now: Timestamp,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) endpoint: String,
    pub(crate) scratch: PathBuf,
    pub(crate) ids: Ids,
    pub(crate) faults: Faults,
    pub(crate) requests: VecDeque<Recorded>,
    pub(crate) kept: usize,
    /// Who used which permission: user agent, action, resource.
    pub(crate) used: BTreeSet<(String, Permission)>,
    pub(crate) ecs: ecs::State,
    pub(crate) ecr: ecr::State,
    pub(crate) registry: registry::State,
    pub(crate) s3: s3::State,
    pub(crate) elb: elb::State,
    pub(crate) logs: logs::State,
    pub(crate) sts: sts::State,
    pub(crate) github: github::State,
    pub(crate) gitlab: gitlab::State,
}

impl World {
    /// `arn:aws:SERVICE:REGION:ACCOUNT:REST`.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.account)
    }

    pub(crate) fn record(&mut self, recorded: Recorded) {
        let program = recorded.header("user-agent").unwrap_or_default();
        for permission in &recorded.permissions {
            self.used.insert((program.to_owned(), permission.clone()));
        }
        if self.requests.len() == self.kept {
            self.requests.pop_front();
        }
        self.requests.push_back(recorded);
    }

    /// Adds a file to `folder` with one line of JSON per permission that was used, so that the
    /// calls of a whole test suite can be compared with a policy.
    pub(crate) fn leave_calls(&self, folder: &Path) {
        let lines: String = self
            .used
            .iter()
            .map(|(program, used)| {
                let line = json!({
                    "program": program, "action": used.action, "resource": used.resource,
                });
                format!("{line}\n")
            })
            .collect();
        static CLOUDS: AtomicU64 = AtomicU64::new(0);
        let number = CLOUDS.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}.jsonl", std::process::id());
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(folder.join(name), lines))
            .expect("the folder that FAKES_CALLS names takes a file");
    }

    pub(crate) fn strike(&mut self, service: Service, operation: &str) -> Option<Kind> {
        self.faults.strike(service, operation)
    }
}
