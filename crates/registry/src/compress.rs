//! Layers compressed in parallel, to the same bytes on every machine.
//!
//! A layer is cut into blocks of 1 MiB, each of which becomes a gzip member (or zstd frame) of its
//! own: so the result depends on nothing but the bytes and the level, never on how many threads
//! there were. Readers take a sequence of members for one stream (RFC 1952 2.2, RFC 8878 3.1).
//! gzip is made by libdeflate: faster than zlib-rs at the same size, and without code paths
//! that compress differently on different processors.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use sha2::{Digest as _, Sha256};

use crate::content::{Content, Reader};
use crate::digest::Digest;
use crate::image::Packing;

/// Part of the digests' definition: never change it.
const BLOCK: usize = 1 << 20;
/// Past this many threads memory grows and nothing else.
const WORKERS_LIMIT: usize = 6;
/// Blocks that may be done before their turn, beside those that are worked on. More of them fall out of
/// the processor's cache before they are hashed, and cost more than they let others get on.
const AHEAD: usize = 1;

/// How layers are compressed that are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Level 1 to 12.
    Gzip { level: u8 },
    /// Level 1 to 19.
    Zstd { level: u8 },
}

impl Default for Compression {
    fn default() -> Self {
        Self::Gzip { level: 1 }
    }
}

impl Compression {
    pub(crate) fn packing(self) -> Packing {
        match self {
            Self::Gzip { .. } => Packing::Gzip,
            Self::Zstd { .. } => Packing::Zstd,
        }
    }
}

/// A compressed layer.
#[derive(Debug)]
pub(crate) struct Packed {
    /// The digest of the compressed bytes.
    pub digest: Digest,
    /// The digest of the uncompressed ones.
    pub diff_id: Digest,
    pub content: Content,
}

/// As many threads as help: one more than there are processors, since one of them mostly waits.
pub(crate) fn workers() -> usize {
    thread::available_parallelism().map_or(1, |n| (n.get() + 1).min(WORKERS_LIMIT))
}

/// Compresses into a temporary file without a name. It blocks; `progress` is told uncompressed
/// bytes as they are done, and ends the work by saying false.
pub(crate) fn pack(
    content: &Content,
    compression: Compression,
    workers: usize,
    progress: impl Fn(u64) -> bool,
) -> io::Result<Packed> {
    let reader = content.open()?;
    // An empty layer is one block of nothing: a stream has at least one member.
    let blocks = content.len().div_ceil(BLOCK as u64).max(1);
    let workers = workers.clamp(1, usize::try_from(blocks).unwrap_or(usize::MAX));
    let ahead = workers + AHEAD;
    let mut output = Output::new()?;
    let (order, orders) = sync_channel(ahead);
    let orders = Mutex::new(orders);
    thread::scope(|scope| {
        // Both ends here are dropped with this closure, however it ends: then the workers end too.
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

/// Has all blocks made, never more than `ahead` at a time, and hands them on in their order.
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
            // Its buffers are used again.
            block.at = ordered;
            order.send(block).map_err(|_| ended())?;
            ordered += 1;
        }
    }
    Ok(())
}

/// Where compressed blocks go, one after the other.
struct Output {
    spool: File,
    raw: Sha256,
    packed: Sha256,
    len: u64,
}

impl Output {
    fn new() -> io::Result<Self> {
        Ok(Self {
            spool: tempfile::tempfile()?,
            raw: Sha256::new(),
            packed: Sha256::new(),
            len: 0,
        })
    }

    fn take(&mut self, block: &Block) -> io::Result<()> {
        self.raw.update(&block.raw);
        let packed = &block.packed[..block.packed_len];
        self.packed.update(packed);
        self.len += packed.len() as u64;
        self.spool.write_all(packed)
    }

    fn finish(self) -> Packed {
        Packed {
            digest: Digest::finish(self.packed),
            diff_id: Digest::finish(self.raw),
            content: Content::spool(self.spool, self.len),
        }
    }
}

#[derive(Default)]
struct Block {
    at: u64,
    raw: Vec<u8>,
    packed: Vec<u8>,
    /// How much of `packed` counts: the rest is room, kept so that it is not filled anew.
    packed_len: usize,
}

impl Block {
    fn at(at: u64) -> Self {
        Self {
            at,
            ..Self::default()
        }
    }
}

/// Takes the next block that nobody has, until there are no more or nobody wants them.
fn work(
    reader: &Reader,
    orders: &Mutex<Receiver<Block>>,
    compression: Compression,
    to: &SyncSender<io::Result<Block>>,
) {
    let mut press = match Press::new(compression) {
        Ok(press) => press,
        Err(error) => {
            // Nobody listening is as good as told.
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
            .and_then(|()| press.press(&block.raw, &mut block.packed));
        let made = made.map(|packed_len| Block {
            packed_len,
            ..block
        });
        if to.send(made).is_err() {
            return;
        }
    }
}

enum Press {
    Gzip {
        press: libdeflater::Compressor,
        /// For what is compressed already.
        store: libdeflater::Compressor,
    },
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Press {
    fn new(compression: Compression) -> io::Result<Self> {
        let gzip = |level: u8| {
            let made = libdeflater::CompressionLvl::new(i32::from(level));
            made.map(libdeflater::Compressor::new)
                .map_err(|_| io::Error::other(format!("gzip has no level {level}")))
        };
        match compression {
            Compression::Gzip { level } => Ok(Self::Gzip {
                press: gzip(level)?,
                store: gzip(0)?,
            }),
            Compression::Zstd { level } => {
                zstd::bulk::Compressor::new(i32::from(level)).map(Self::Zstd)
            }
        }
    }

    /// Compresses into a buffer, over what is in it; gives how much of it that took.
    fn press(&mut self, raw: &[u8], packed: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Gzip { press, store } => {
                let press = if is_dense(raw) { store } else { press };
                let bound = press.gzip_compress_bound(raw.len());
                if packed.len() < bound {
                    packed.resize(bound, 0);
                }
                press
                    .gzip_compress(raw, packed)
                    .map_err(|e| io::Error::other(e.to_string()))
            }
            Self::Zstd(press) => {
                packed.clear();
                packed.reserve(zstd::zstd_safe::compress_bound(raw.len()));
                press.compress_to_buffer(raw, packed)
            }
        }
    }
}

/// Of each so many bytes of a block, [`SAMPLE`] are looked at.
const STEP: usize = 16 << 10;
const SAMPLE: usize = 1 << 10;

/// Whether compressing would be in vain, as in images, jars and wheels: all bytes are about equally
/// frequent. The measure is the sum of the squares of their counts, against what chance gives, in
/// whole numbers, since it is part of the digests' definition too.
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
    // Of few bytes, chance alone makes some more frequent.
    all >= STEP as u64 && squares * 256 <= all * all + all * all / 16
}

/// Reads a layer that is compressed already: its digest, and that of what it holds.
pub(crate) fn check(
    content: &Content,
    packing: Packing,
    progress: impl Fn(u64) -> bool,
) -> io::Result<(Digest, Digest)> {
    let mut hashing = Hashing {
        inner: content.open()?,
        hash: Sha256::new(),
        progress,
    };
    let diff_id = match packing {
        Packing::Plain => hash_of(&mut hashing)?,
        Packing::Gzip => hash_of(&mut flate2::read::MultiGzDecoder::new(
            io::BufReader::with_capacity(256 << 10, &mut hashing),
        ))?,
        Packing::Zstd => hash_of(&mut zstd::stream::read::Decoder::new(&mut hashing)?)?,
    };
    // What follows the last member belongs to the blob as well.
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
            return Err(io::Error::other("nobody waits for it any more"));
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
