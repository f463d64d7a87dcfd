//! Progress for people: bars and a live block on a terminal, lines in a log.
//!
//! Decided here: where progress is drawn. Never here: what it shows.

use std::io::Write;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Draws progress on a terminal. Elsewhere it draws nothing, and the verb prints a line when
/// something changes ([`crate::Step::info`]).
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

    /// Whether a person is watching.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// A bar of `total` bytes with the label `name`.
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

    /// A block of lines that is redrawn in place. Its first line begins with a spinner.
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
            // Without stderr the error cannot be reported either.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }

    /// Clears everything that is drawn.
    pub(crate) fn clear(&self) {
        // A closed terminal does not need to be cleared.
        let _ = self.bars.clear();
    }
}

/// A progress bar.
#[derive(Debug, Clone)]
pub struct Bar(ProgressBar);

impl Bar {
    /// Adds transferred bytes.
    pub fn add(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Starts again from 0, for another attempt.
    pub fn restart(&self) {
        self.0.reset();
    }

    /// Sets the total in bytes, if it was not known at first.
    pub fn set_total(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A block of lines that is redrawn in place.
#[derive(Debug, Clone)]
pub struct Live(ProgressBar);

impl Live {
    /// Replaces the lines.
    pub fn show(&self, block: impl Into<String>) {
        self.0.set_message(block.into());
    }

    /// Removes the block.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
