//! Waits for ECR's scan of a pushed image, and checks its findings.

use std::collections::BTreeMap;
use std::time::Duration;

use pipeline_http::poll;
use pipeline_io::Step;
use registry::{Digest, Repository};
use tokio::time::Instant;

use crate::Error;
use crate::ecr::Ecr;
use crate::findings::{Finding, FindingsTable, ScanGate, ScanProgress};

/// Time between two reads. A scan takes seconds or minutes.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How long a scan may take to start. ECR answers ScanNotFoundException until then.
const BEGIN_WITHIN: Duration = Duration::from_secs(60);

/// The images whose scans are checked.
#[derive(Debug, Clone, Copy)]
pub struct ScanWait<'s> {
    pub ecr: &'s Ecr,
    pub repository: &'s Repository,
    /// One image, or all images of an index: ECR does not scan indexes.
    pub images: &'s [Digest],
}

/// The findings of all scans together.
#[derive(Debug, Default)]
pub struct ScanResult {
    pub counts: BTreeMap<String, u64>,
    /// The findings that fail the step, if there are any.
    pub table: Option<FindingsTable>,
}

impl ScanWait<'_> {
    /// Waits until all scans are finished, and checks the findings.
    pub async fn wait(&self, gate: &ScanGate, step: &Step) -> Result<ScanResult, Error> {
        let began = Instant::now();
        let mut scanned = ScanResult::default();
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
        gate: &ScanGate,
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
            Some(ScanProgress::Complete { counts, findings }) => Ok(Some((counts, findings))),
            Some(ScanProgress::Never(reason)) => Err(not_scanned(reason)),
            None if began.elapsed() >= BEGIN_WITHIN.min(gate.timeout) => {
                Err(not_scanned("no scan has started".to_owned()))
            }
            None | Some(ScanProgress::Waiting) => Ok(None),
        });
        scanned.await?.ok_or_else(|| Error::ScanTimeout {
            image: image(),
            after: gate.timeout,
        })
    }
}
