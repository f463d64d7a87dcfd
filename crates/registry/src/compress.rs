//! Layers compressed in parallel, to the same bytes on every machine.
//!
//! A layer is cut into blocks of 1 MiB, each of which becomes a gzip member (or zstd frame) of its
//! own: so the result depends on nothing but the bytes and the level, never on how many threads
//! there were. Readers take a sequence of members for one stream (RFC 1952 2.2, RFC 8878 3.1).
//! gzip is made by libdeflate: faster than zlib-rs at the same size, and without code paths
//! that compress differently on different processors.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use sha2::{Digest as _, Sha256};

use crate::content::{Content, Reader};
use crate::digest::Digest;
use crate::image::Packing;

/// Part of the digests' definition: never change it.
const BLOCK: usize = 1 << 20;
/// Past this many threads memory grows and nothing else.
const WORKERS_LIMIT: usize = 6;

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

/// As many threads as help.
pub(crate) fn workers() -> usize {
    thread::available_parallelism().map_or(1, |n| n.get().min(WORKERS_LIMIT))
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
    let workers = (workers as u64).clamp(1, blocks);
    let mut spool = tempfile::tempfile()?;
    let (mut raw_hash, mut packed_hash) = (Sha256::new(), Sha256::new());
    let mut len = 0;
    thread::scope(|scope| {
        // Each worker takes every n-th block and hands it on through a channel of its own, so
        // that reading the channels in turn is reading the blocks in order.
        let lanes: Vec<Receiver<io::Result<Block>>> = (0..workers)
            .map(|first| {
                let (send, receive) = sync_channel(1);
                let reader = reader.clone();
                scope.spawn(move || {
                    let mine = (first..blocks).step_by(usize::try_from(workers).unwrap_or(1));
                    work(&reader, mine, compression, &send);
                });
                receive
            })
            .collect();
        for block in 0..blocks {
            let lane = usize::try_from(block % workers).unwrap_or(0);
            let block = lanes[lane]
                .recv()
                .map_err(|_| io::Error::other("a compressing thread ended early"))??;
            raw_hash.update(&block.raw);
            packed_hash.update(&block.packed);
            spool.write_all(&block.packed)?;
            len += block.packed.len() as u64;
            if !progress(block.raw.len() as u64) {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
        Ok::<(), io::Error>(())
    })?;
    Ok(Packed {
        digest: Digest::finish(packed_hash),
        diff_id: Digest::finish(raw_hash),
        content: Content::part(Arc::new(spool), 0, len),
    })
}

struct Block {
    raw: Vec<u8>,
    packed: Vec<u8>,
}

fn work(
    reader: &Reader,
    blocks: impl Iterator<Item = u64>,
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
    for block in blocks {
        let at = block * BLOCK as u64;
        let size = (reader.left() - at).min(BLOCK as u64);
        let mut raw = vec![0; usize::try_from(size).unwrap_or(BLOCK)];
        let made = reader
            .read_at(&mut raw, at)
            .and_then(|()| press.press(&raw))
            .map(|packed| Block { raw, packed });
        if to.send(made).is_err() {
            return;
        }
    }
}

enum Press {
    Gzip(libdeflater::Compressor),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Press {
    fn new(compression: Compression) -> io::Result<Self> {
        match compression {
            Compression::Gzip { level } => {
                let level = libdeflater::CompressionLvl::new(i32::from(level))
                    .map_err(|_| io::Error::other(format!("gzip has no level {level}")))?;
                Ok(Self::Gzip(libdeflater::Compressor::new(level)))
            }
            Compression::Zstd { level } => {
                zstd::bulk::Compressor::new(i32::from(level)).map(Self::Zstd)
            }
        }
    }

    fn press(&mut self, raw: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(press) => {
                let mut packed = vec![0; press.gzip_compress_bound(raw.len())];
                let len = press
                    .gzip_compress(raw, &mut packed)
                    .map_err(|e| io::Error::other(e.to_string()))?;
                packed.truncate(len);
                Ok(packed)
            }
            Self::Zstd(press) => press.compress(raw),
        }
    }
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
