//! Compresses layers in parallel, into the same bytes on every machine.
//!
//! A layer is divided into blocks of 1 MiB, and each one becomes a separate gzip member (or zstd
//! frame). So the result depends only on the bytes and the level, never on the number of threads.
//! Decoders treat a sequence of members as one stream (RFC 1952 2.2, RFC 8878 3.1). gzip is written
//! by libdeflate, which is faster than zlib-rs at the same size and has no code paths that compress
//! differently on different processors.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use sha2::{Digest as _, Sha256};

use crate::content::{Content, Reader};
use crate::digest::Digest;
use crate::image::CompressionFormat;

/// Bytes per block. The digests depend on this value, so never change it.
const BLOCK: usize = 1 << 20;
/// More threads need more memory and save no time.
const WORKERS_LIMIT: usize = 6;
/// Finished blocks that may wait for their turn, in addition to those in progress. With more of
/// them, blocks leave the processor's cache before they are hashed.
const AHEAD: usize = 1;

/// The compression of layers that are not compressed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Levels 1 to 12.
    Gzip { level: u8 },
    /// Levels 1 to 19.
    Zstd { level: u8 },
}

impl Default for Compression {
    fn default() -> Self {
        Self::Gzip { level: 1 }
    }
}

impl Compression {
    pub(crate) fn format(self) -> CompressionFormat {
        match self {
            Self::Gzip { .. } => CompressionFormat::Gzip,
            Self::Zstd { .. } => CompressionFormat::Zstd,
        }
    }
}

/// A compressed layer.
#[derive(Debug)]
pub(crate) struct CompressedLayer {
    /// The digest of the compressed bytes.
    pub digest: Digest,
    /// The digest of the uncompressed bytes.
    pub diff_id: Digest,
    pub content: Content,
}

/// The number of threads: one more than there are processors, because one of them mostly waits.
pub(crate) fn workers() -> usize {
    thread::available_parallelism().map_or(1, |n| (n.get() + 1).min(WORKERS_LIMIT))
}

/// Compresses a layer into an unnamed temporary file. Blocks the thread. `progress` receives the
/// number of uncompressed bytes that were finished, and stops the work if it returns false.
///
/// # Errors
/// If the content cannot be read or the file cannot be written. `Interrupted` if `progress` stopped
/// it.
pub(crate) fn compress(
    content: &Content,
    compression: Compression,
    workers: usize,
    progress: impl Fn(u64) -> bool,
) -> io::Result<CompressedLayer> {
    let reader = content.open()?;
    // An empty layer is one empty block, because a stream has at least one member.
    let blocks = content.len().div_ceil(BLOCK as u64).max(1);
    let workers = workers.clamp(1, usize::try_from(blocks).unwrap_or(usize::MAX));
    let ahead = workers + AHEAD;
    let mut output = Output::new()?;
    let (order, orders) = sync_channel(ahead);
    let orders = Mutex::new(orders);
    thread::scope(|scope| {
        // Both ends are dropped when this closure returns, which ends the workers.
        let order = order;
        let (done, made) = sync_channel(ahead);
        for _ in 0..workers {
            let (reader, orders, done) = (&reader, &orders, done.clone());
            scope.spawn(move || work(reader, orders, compression, &done));
        }
        drop(done);
        in_order(&order, &made, blocks, ahead as u64, |block| {
            output.take(block)?;
            if !progress(block.raw.len() as u64) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            Ok(())
        })
    })?;
    Ok(output.finish())
}

/// Orders all blocks, at most `ahead` of them at a time, and passes them on in their order.
fn in_order(
    order: &SyncSender<Block>,
    made: &Receiver<io::Result<Block>>,
    blocks: u64,
    ahead: u64,
    mut each: impl FnMut(&Block) -> io::Result<()>,
) -> io::Result<()> {
    let ended = || io::Error::other("a compressing thread ended early");
    let mut ordered = blocks.min(ahead);
    for at in 0..ordered {
        order.send(Block::at(at)).map_err(|_| ended())?;
    }
    let mut early: Vec<Block> = Vec::new();
    for at in 0..blocks {
        let mut block = loop {
            match early.iter().position(|block| block.at == at) {
                Some(found) => break early.swap_remove(found),
                None => early.push(made.recv().map_err(|_| ended())??),
            }
        };
        each(&block)?;
        if ordered < blocks {
            // The buffers are reused.
            block.at = ordered;
            order.send(block).map_err(|_| ended())?;
            ordered += 1;
        }
    }
    Ok(())
}

/// Receives the compressed blocks in their order.
struct Output {
    spool: File,
    raw: Sha256,
    compressed: Sha256,
    len: u64,
}

impl Output {
    fn new() -> io::Result<Self> {
        Ok(Self {
            spool: tempfile::tempfile()?,
            raw: Sha256::new(),
            compressed: Sha256::new(),
            len: 0,
        })
    }

    fn take(&mut self, block: &Block) -> io::Result<()> {
        self.raw.update(&block.raw);
        let compressed = &block.compressed[..block.compressed_len];
        self.compressed.update(compressed);
        self.len += compressed.len() as u64;
        self.spool.write_all(compressed)
    }

    fn finish(self) -> CompressedLayer {
        CompressedLayer {
            digest: Digest::finish(self.compressed),
            diff_id: Digest::finish(self.raw),
            content: Content::spool(self.spool, self.len),
        }
    }
}

#[derive(Default)]
struct Block {
    at: u64,
    raw: Vec<u8>,
    compressed: Vec<u8>,
    /// The used part of `compressed`. The buffer keeps its length, so that it is not zeroed again.
    compressed_len: usize,
}

impl Block {
    fn at(at: u64) -> Self {
        Self {
            at,
            ..Self::default()
        }
    }
}

/// Compresses blocks until no more are ordered or needed.
fn work(
    reader: &Reader,
    orders: &Mutex<Receiver<Block>>,
    compression: Compression,
    to: &SyncSender<io::Result<Block>>,
) {
    let mut encoder = match Encoder::new(compression) {
        Ok(encoder) => encoder,
        Err(error) => {
            // If the receiver is gone, the work has ended already.
            let _ = to.send(Err(error));
            return;
        }
    };
    loop {
        let next = orders.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut block) = next else { return };
        let at = block.at * BLOCK as u64;
        let size = (reader.left() - at).min(BLOCK as u64);
        block.raw.resize(usize::try_from(size).unwrap_or(BLOCK), 0);
        let made = reader
            .read_at(&mut block.raw, at)
            .and_then(|()| encoder.encode(&block.raw, &mut block.compressed));
        let made = made.map(|compressed_len| Block {
            compressed_len,
            ..block
        });
        if to.send(made).is_err() {
            return;
        }
    }
}

enum Encoder {
    Gzip {
        compressor: libdeflater::Compressor,
        /// For data that cannot be compressed further.
        store: libdeflater::Compressor,
    },
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Encoder {
    fn new(compression: Compression) -> io::Result<Self> {
        let gzip = |level: u8| {
            let made = libdeflater::CompressionLvl::new(i32::from(level));
            made.map(libdeflater::Compressor::new)
                .map_err(|_| io::Error::other(format!("gzip has no level {level}")))
        };
        match compression {
            Compression::Gzip { level } => Ok(Self::Gzip {
                compressor: gzip(level)?,
                store: gzip(0)?,
            }),
            Compression::Zstd { level } => {
                zstd::bulk::Compressor::new(i32::from(level)).map(Self::Zstd)
            }
        }
    }

    /// Compresses into a buffer, which is overwritten. Returns the number of bytes used.
    fn encode(&mut self, raw: &[u8], compressed: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Gzip { compressor, store } => {
                let compressor = if is_dense(raw) { store } else { compressor };
                let bound = compressor.gzip_compress_bound(raw.len());
                if compressed.len() < bound {
                    compressed.resize(bound, 0);
                }
                compressor
                    .gzip_compress(raw, compressed)
                    .map_err(|e| io::Error::other(e.to_string()))
            }
            Self::Zstd(compressor) => {
                compressed.clear();
                compressed.reserve(zstd::zstd_safe::compress_bound(raw.len()));
                compressor.compress_to_buffer(raw, compressed)
            }
        }
    }
}

/// The first [`SAMPLE`] bytes of every `STEP` bytes of a block are examined.
const STEP: usize = 16 << 10;
const SAMPLE: usize = 1 << 10;

/// Whether compression would be useless (e.g. for images, jars and wheels) because all bytes are
/// about equally frequent. Compares the sum of the squares of their counts with that of random
/// bytes.
/// The calculation uses integers, because the digests depend on it.
fn is_dense(raw: &[u8]) -> bool {
    let mut counts = [0u64; 256];
    let mut all = 0;
    for step in raw.chunks(STEP) {
        let sample = &step[..step.len().min(SAMPLE)];
        for byte in sample {
            counts[usize::from(*byte)] += 1;
        }
        all += sample.len() as u64;
    }
    let squares: u64 = counts.iter().map(|count| count * count).sum();
    // In a small sample, some bytes are more frequent by chance.
    all >= STEP as u64 && squares * 256 <= all * all + all * all / 16
}

/// Reads a layer that is already compressed. Returns its digest and that of its uncompressed bytes.
pub(crate) fn check(
    content: &Content,
    format: CompressionFormat,
    progress: impl Fn(u64) -> bool,
) -> io::Result<(Digest, Digest)> {
    let mut hashing = Hashing {
        inner: content.open()?,
        hash: Sha256::new(),
        progress,
    };
    let diff_id = match format {
        CompressionFormat::Uncompressed => hash_of(&mut hashing)?,
        CompressionFormat::Gzip => hash_of(&mut flate2::read::MultiGzDecoder::new(
            io::BufReader::with_capacity(256 << 10, &mut hashing),
        ))?,
        CompressionFormat::Zstd => hash_of(&mut zstd::stream::read::Decoder::new(&mut hashing)?)?,
    };
    // Bytes after the last member belong to the blob, too.
    io::copy(&mut hashing, &mut io::sink())?;
    Ok((Digest::finish(hashing.hash), diff_id))
}

struct Hashing<R, P> {
    inner: R,
    hash: Sha256,
    progress: P,
}

impl<R: Read, P: Fn(u64) -> bool> Read for Hashing<R, P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        if !(self.progress)(read as u64) {
            return Err(io::Error::other("the result is no longer needed"));
        }
        Ok(read)
    }
}

fn hash_of(from: &mut impl Read) -> io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(Digest::finish(hash)),
            read => hash.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
#[path = "compress_tests.rs"]
mod tests;
