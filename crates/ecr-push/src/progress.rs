//! The progress of a push: bars on a terminal, one line per layer in a log.
//!
//! Decided here: what is printed and when. Never here: what is uploaded.

use std::collections::HashMap;
use std::time::Duration;

use pipeline_io::{Bar, Step};
use registry::{BlobOutcome, BlobReport, Digest, Event};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, interval_at};

/// A log without output for longer than this looks like a job that hangs.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// Prints events: one line for each blob that is finished, and bars for the others.
pub struct ProgressView<'s> {
    step: &'s Step,
    bars: HashMap<Digest, Bar>,
    under_way: HashMap<Digest, (u64, u64)>,
}

impl<'s> ProgressView<'s> {
    pub fn new(step: &'s Step) -> Self {
        Self {
            step,
            bars: HashMap::new(),
            under_way: HashMap::new(),
        }
    }

    /// Prints events while `work` runs, and returns its result after the last event.
    pub async fn during<T>(
        mut self,
        mut events: UnboundedReceiver<Event>,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = std::pin::pin!(work);
        let mut beat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                Some(event) = events.recv() => self.show(event),
                _ = beat.tick() => self.beat(),
            }
        };
        while let Ok(event) = events.try_recv() {
            self.show(event);
        }
        done
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::Compressing { digest, bytes } => {
                self.begin(digest, bytes, "compress");
            }
            Event::Compressed { digest, bytes } => {
                self.advance(&digest, bytes);
                let is_over = self
                    .under_way
                    .get(&digest)
                    .is_some_and(|(done, all)| done >= all);
                if is_over {
                    self.end(&digest);
                }
            }
            Event::Sending { digest, bytes } => {
                self.begin(digest, bytes, "send");
            }
            Event::Bytes { digest, bytes } => self.advance(&digest, bytes),
            Event::Settled(report) => {
                self.end(&report.descriptor.digest);
                if report.is_layer {
                    self.step.info(line(&report));
                }
            }
            Event::Retry { reason, pause } => {
                self.step.info(format!(
                    "{reason}; trying again in {:.1} s",
                    pause.as_secs_f64()
                ));
            }
        }
    }

    fn begin(&mut self, digest: Digest, bytes: u64, verb: &str) {
        if let Some(bar) = self.bars.get(&digest) {
            bar.restart();
        } else {
            let name = format!("{verb} {}", digest.short());
            self.bars
                .insert(digest.clone(), self.step.progress().bytes(name, bytes));
        }
        self.under_way.insert(digest, (0, bytes));
    }

    fn advance(&mut self, digest: &Digest, bytes: u64) {
        if let Some(bar) = self.bars.get(digest) {
            bar.add(bytes);
        }
        if let Some((done, _)) = self.under_way.get_mut(digest) {
            *done += bytes;
        }
    }

    fn end(&mut self, digest: &Digest) {
        if let Some(bar) = self.bars.remove(digest) {
            bar.finish();
        }
        self.under_way.remove(digest);
    }

    fn beat(&self) {
        let (done, all) = self
            .under_way
            .values()
            .fold((0, 0), |(done, all), (d, a)| (done + d, all + a));
        let count = self.under_way.len();
        if count > 0 && !self.step.progress().is_terminal() {
            let layers = if count == 1 { "layer" } else { "layers" };
            self.step.info(format!(
                "still running: {count} {layers} in progress, {} of {}",
                size(done),
                size(all)
            ));
        }
    }
}

/// E.g. `layer 4f4fb700ef54  32.1 MB  sent in 0.8 s (40.1 MB/s)`.
pub fn line(report: &BlobReport) -> String {
    let seconds = report.took.as_secs_f64();
    let what = match report.outcome {
        // The rate of such a short upload would be meaningless.
        BlobOutcome::Sent if seconds < 0.1 => format!("sent in {seconds:.2} s"),
        BlobOutcome::Sent => {
            let rate = report.descriptor.size as f64 / seconds;
            format!("sent in {seconds:.1} s ({}/s)", size(rate as u64))
        }
        BlobOutcome::AlreadyThere => "already there".to_owned(),
        BlobOutcome::Mounted => "mounted".to_owned(),
        BlobOutcome::Elsewhere => "not in the source, and not sent".to_owned(),
    };
    format!(
        "layer {}  {:>9}  {what}",
        report.descriptor.digest.short(),
        size(report.descriptor.size)
    )
}

/// Formats a size in bytes with decimal units.
pub fn size(bytes: u64) -> String {
    let exact = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", exact / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", exact / 1e6),
        _ => format!("{:.2} GB", exact / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use registry::{BlobOutcome, BlobReport, Descriptor, Digest};

    use super::{line, size};

    #[test]
    fn each_layer_is_one_line() {
        let report = |outcome| BlobReport {
            descriptor: Descriptor {
                media_type: String::new(),
                digest: Digest::of(b""),
                size: 32_100_000,
            },
            is_layer: true,
            outcome,
            took: Duration::from_millis(800),
        };
        for (outcome, text) in [
            (
                BlobOutcome::Sent,
                "layer e3b0c44298fc    32.1 MB  sent in 0.8 s (40.1 MB/s)",
            ),
            (
                BlobOutcome::AlreadyThere,
                "layer e3b0c44298fc    32.1 MB  already there",
            ),
            (
                BlobOutcome::Mounted,
                "layer e3b0c44298fc    32.1 MB  mounted",
            ),
            (
                BlobOutcome::Elsewhere,
                "layer e3b0c44298fc    32.1 MB  not in the source, and not sent",
            ),
        ] {
            assert_eq!(line(&report(outcome)), text);
        }
        let sizes = [0, 999, 1_000, 1_500_000, 4_000_000_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "1.5 MB", "4.00 GB"]);
    }
}
