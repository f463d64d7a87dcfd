//! How much text may be held in memory: counted where it is read, so that a hundred megabytes of
//! outputs are refused while they arrive and not after.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Why the reader stopped: more text to be kept than the limit allows.
#[derive(Debug, thiserror::Error)]
#[error("more than {limit} bytes of outputs")]
pub struct Exceeded {
    pub limit: u64,
}

/// Bytes that may still be read while nothing is being skipped.
#[derive(Clone, Debug)]
pub struct Budget {
    limit: u64,
    left: Rc<Cell<u64>>,
    skipping: Rc<Cell<bool>>,
}

impl Budget {
    pub fn new(limit: u64) -> Self {
        Budget {
            limit,
            left: Rc::new(Cell::new(limit)),
            skipping: Rc::new(Cell::new(false)),
        }
    }

    /// A reader that takes each byte from this budget, except while skipping.
    pub fn count<R: Read>(&self, inner: R) -> Counted<R> {
        Counted {
            inner,
            budget: self.clone(),
        }
    }

    /// Runs `skip` without counting: what it reads is not kept.
    pub fn free<T>(&self, skip: impl FnOnce() -> T) -> T {
        let before = self.skipping.replace(true);
        let skipped = skip();
        self.skipping.set(before);
        skipped
    }
}

/// A reader under a [`Budget`]. It counts in blocks, so the limit is kept to within one buffer.
#[derive(Debug)]
pub struct Counted<R> {
    inner: R,
    budget: Budget,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if !self.budget.skipping.get() {
            let left = self.budget.left.get().checked_sub(count as u64);
            let left = left.ok_or_else(|| {
                io::Error::other(Exceeded {
                    limit: self.budget.limit,
                })
            })?;
            self.budget.left.set(left);
        }
        Ok(count)
    }
}
