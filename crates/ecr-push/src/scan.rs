//! The scan gate: waits for ECR's scan of a pushed image.

use std::collections::BTreeMap;
use std::time::Duration;

use pipeline_http::poll;
use pipeline_io::Step;
use registry::{Digest, Repository};
use tokio::time::Instant;

use crate::Error;
use crate::ecr::Ecr;
use crate::findings::{Finding, Gate, Progress, Table};

/// Between two looks; scans take from seconds to minutes.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How long a scan may not have begun at all (ECR answers ScanNotFound until it has).
const BEGIN_WITHIN: Duration = Duration::from_secs(60);

/// Images whose scans decide.
#[derive(Debug, Clone, Copy)]
pub struct Scans<'s> {
    pub ecr: &'s Ecr,
    pub repository: &'s Repository,
    /// One image, or those of an index: ECR scans images, never an index.
    pub images: &'s [Digest],
}

/// What all scans together found.
#[derive(Debug, Default)]
pub struct Scanned {
    pub counts: BTreeMap<String, u64>,
    /// What fails the gate, if it fails.
    pub table: Option<Table>,
}

impl Scans<'_> {
    /// Waits for the scans, and judges them.
    pub async fn wait(&self, gate: &Gate, step: &Step) -> Result<Scanned, Error> {
        let began = Instant::now();
        let mut scanned = Scanned::default();
        let mut all = Vec::new();
        step.info("waiting for ECR's scan");
        for digest in self.images {
            let (counts, findings) = self.wait_for(digest, gate, began).await?;
            for (severity, count) in counts {
                *scanned.counts.entry(severity).or_default() += count;
            }
            all.extend(findings);
        }
        scanned.table = gate.judge(&scanned.counts, &all);
        Ok(scanned)
    }

    async fn wait_for(
        &self,
        digest: &Digest,
        gate: &Gate,
        began: Instant,
    ) -> Result<(BTreeMap<String, u64>, Vec<Finding>), Error> {
        let image = || self.repository.image(digest);
        let not_scanned = |reason| Error::NotScanned {
            image: image(),
            reason,
        };
        let deadline = began + gate.timeout;
        let scanned = poll(std::iter::repeat(LOOK_EVERY), deadline, async || match self
            .ecr
            .scan(self.repository.name(), digest)
            .await?
        {
            Some(Progress::Complete { counts, findings }) => Ok(Some((counts, findings))),
            Some(Progress::Never(reason)) => Err(not_scanned(reason)),
            None if began.elapsed() >= BEGIN_WITHIN.min(gate.timeout) => {
                Err(not_scanned("no scan has begun".to_owned()))
            }
            None | Some(Progress::Waiting) => Ok(None),
        });
        scanned.await?.ok_or_else(|| Error::ScanTimeout {
            image: image(),
            after: gate.timeout,
        })
    }
}
