//! Progress that a person can follow: bars and a live block on a terminal, lines in a log.

use std::io::Write;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where progress goes. On a terminal it is drawn and redrawn; elsewhere it is silent, and the
/// verb writes a line when something changes (`Step::note`).
#[derive(Debug, Clone)]
pub struct Progress {
    bars: MultiProgress,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn new(is_terminal: bool) -> Self {
        let target = if is_terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            bars: MultiProgress::with_draw_target(target),
            is_terminal,
        }
    }

    /// Whether a person watches.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// A bar of `total` bytes, led by `name`.
    pub fn bytes(&self, name: impl Into<String>, total: u64) -> Bar {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden())
            .with_message(name.into());
        if let Ok(style) = ProgressStyle::with_template(
            "{msg:24!} {bar:30} {decimal_bytes:>10}/{decimal_total_bytes:10} {decimal_bytes_per_sec:>12} {eta:>4}",
        ) {
            bar.set_style(style);
        }
        Bar(self.bars.add(bar))
    }

    /// A block of lines that is redrawn in place. A spinner and a blank lead its first line.
    pub fn live(&self) -> Live {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        let bar = self.bars.add(bar);
        if self.is_terminal {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Live(bar)
    }

    /// Writes a line to stderr, above the bars if there are any.
    pub(crate) fn write(&self, line: &str) {
        let drawn = self.is_terminal && self.bars.println(line).is_ok();
        if !drawn {
            // With stderr gone there is nobody left to tell.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }

    /// Takes everything drawn off the screen.
    pub(crate) fn clear(&self) {
        // A terminal that is gone needs no clearing.
        let _ = self.bars.clear();
    }
}

/// One bar.
#[derive(Debug, Clone)]
pub struct Bar(ProgressBar);

impl Bar {
    /// Adds bytes that are done.
    pub fn add(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Starts again: an upload that is tried once more.
    pub fn restart(&self) {
        self.0.reset();
    }

    /// The total, where it is known only later.
    pub fn set_total(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A block of lines.
#[derive(Debug, Clone)]
pub struct Live(ProgressBar);

impl Live {
    /// Shows this block instead of the last one.
    pub fn show(&self, block: impl Into<String>) {
        self.0.set_message(block.into());
    }

    /// Takes the block away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
