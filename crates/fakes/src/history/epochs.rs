//! The times between which a response does not change, so that it is written only once.

use super::line::{Line, Ms};
use super::{History, Read, picture};

/// For each kind of answer, the moments at which it changes, in order.
#[derive(Debug, Clone)]
pub struct Epochs {
    service: Vec<Ms>,
    deployments: Vec<Ms>,
    targets: Vec<Ms>,
}

impl Epochs {
    /// The number of the epoch that a moment lies in, for one kind of answer.
    pub fn of(&self, read: Read<'_>, moment: Ms) -> usize {
        let changes = match read {
            Read::Service => &self.service,
            Read::List | Read::Describe | Read::Revision => &self.deployments,
            Read::Targets(_) | Read::Tasks => &self.targets,
            Read::TaskDefinition => return 0,
        };
        changes.partition_point(|change| *change <= moment)
    }

    /// The moment after which nothing changes.
    pub fn last_change(&self) -> Ms {
        let last = [&self.service, &self.deployments, &self.targets].map(|changes| changes.last());
        last.into_iter()
            .flatten()
            .copied()
            .max()
            .unwrap_or_default()
    }
}

fn of<T>(line: &Line<T>) -> impl Iterator<Item = Ms> {
    line.changes().map(|(at, _)| at)
}

impl History {
    /// The epochs of this history.
    pub fn epochs(&self) -> Epochs {
        let lives: Vec<Ms> = self.tasks.iter().flat_map(|t| t.lifecycle()).collect();
        let mut service = lives.clone();
        service.push(0);
        service.extend(of(&self.desired));
        service.extend(of(&self.gone).flat_map(|at| [at, at + picture::DRAINING]));
        for row in &self.classics {
            let created = of(&row.created).chain([*row.created.at(Ms::MIN)]);
            service.extend(created.flat_map(|at| [at, at + picture::COUNTED]));
            service.extend(
                of(&row.status)
                    .chain(of(&row.rollout))
                    .chain(of(&row.reason)),
            );
        }
        service.extend(self.events.iter().map(|(at, _)| *at));
        service.extend(self.recreated);

        let ours = self.our_tasks().flat_map(|t| t.lifecycle());
        let mut deployments: Vec<Ms> = ours.chain([picture::RESOLVED]).collect();
        deployments.extend(of(&self.gone).map(|at| at + picture::FORGOTTEN));
        deployments.extend(self.recreated);
        for d in &self.deployments {
            deployments.push(d.created);
            deployments.extend(of(&d.status).chain(of(&d.reason)).chain(of(&d.stage)));
            deployments.extend(of(&d.paused).chain(of(&d.breaker)).chain(of(&d.alarm)));
            deployments.extend(of(&d.rollback).chain(of(&d.requested)));
        }

        let mut targets = lives;
        for task in &self.tasks {
            targets.extend(task.moments());
            targets.extend(task.stop.iter().map(|s| s.stopped + picture::DEREGISTERED));
        }
        for changes in [&mut service, &mut deployments, &mut targets] {
            changes.sort_unstable();
            changes.dedup();
        }
        Epochs {
            service,
            deployments,
            targets,
        }
    }
}
