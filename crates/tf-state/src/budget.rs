//! Limits how much text of a state is kept in memory.
//!
//! The bytes are counted while they are read, so a hundred megabytes of outputs are rejected while
//! they arrive and not after. The limit itself is decided in the crate root.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// The reader stopped, because more text would have to be kept than the limit allows.
#[derive(Debug, thiserror::Error)]
#[error("more than {limit} bytes of outputs")]
pub struct LimitExceeded {
    /// In bytes.
    pub limit: u64,
}

/// The number of bytes that may still be read. Skipped text does not count.
#[derive(Clone, Debug)]
pub struct ByteBudget {
    limit: u64,
    left: Rc<Cell<u64>>,
    skipping: Rc<Cell<bool>>,
}

impl ByteBudget {
    pub fn new(limit: u64) -> Self {
        ByteBudget {
            limit,
            left: Rc::new(Cell::new(limit)),
            skipping: Rc::new(Cell::new(false)),
        }
    }

    /// Returns a reader that charges each byte to this budget, except while text is skipped.
    pub fn count<R: Read>(&self, inner: R) -> CountedReader<R> {
        CountedReader {
            inner,
            budget: self.clone(),
        }
    }

    /// Runs `skip` without counting, because what it reads is not kept.
    pub fn uncounted<T>(&self, skip: impl FnOnce() -> T) -> T {
        let before = self.skipping.replace(true);
        let skipped = skip();
        self.skipping.set(before);
        skipped
    }
}

/// A reader that is limited by a [`ByteBudget`]. It counts whole blocks, so the limit is exact to one
/// buffer.
#[derive(Debug)]
pub struct CountedReader<R> {
    inner: R,
    budget: ByteBudget,
}

impl<R: Read> Read for CountedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if !self.budget.skipping.get() {
            let left = self.budget.left.get().checked_sub(count as u64);
            let left = left.ok_or_else(|| {
                io::Error::other(LimitExceeded {
                    limit: self.budget.limit,
                })
            })?;
            self.budget.left.set(left);
        }
        Ok(count)
    }
}
