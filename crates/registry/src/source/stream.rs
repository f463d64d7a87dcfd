//! An archive that comes as a stream: written to a nameless temporary file, from where it is read
//! in place like any other. One that is compressed as a whole is inflated on the way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use super::error::{Named, SourceError};
use crate::image::Packing;

/// Past this many bytes, an archive that grew more than [`RATIO_LIMIT`] times is a bomb.
const BOMB_FROM: u64 = 1 << 30;
const RATIO_LIMIT: u64 = 200;

/// Writes a stream to a temporary file that goes when it is closed, however this program ends.
pub(crate) fn spool(mut from: impl Read, named: &Named) -> Result<Arc<File>, SourceError> {
    let failed = |e| named.read("the stream", e);
    let mut first = [0; 4];
    let have = fill(&mut from, &mut first).map_err(failed)?;
    let first = first[..have].to_vec();
    let packing = Packing::of(&first);
    let mut raw = Counted {
        inner: io::Cursor::new(first).chain(from),
        count: 0,
    };
    let file =
        tempfile::tempfile().map_err(|e| named.read("a temporary file for the stream", e))?;
    match packing {
        Packing::Plain => copy(&mut raw, |r| r, &file, named)?,
        Packing::Gzip => {
            let mut inflated = flate2::read::MultiGzDecoder::new(raw);
            copy(&mut inflated, |i| i.get_mut(), &file, named)?;
        }
        Packing::Zstd => {
            let mut inflated = zstd::stream::read::Decoder::with_buffer(io::BufReader::new(raw))
                .map_err(failed)?;
            copy(&mut inflated, |i| i.get_mut().get_mut(), &file, named)?;
        }
    }
    Ok(Arc::new(file))
}

struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count += read as u64;
        Ok(read)
    }
}

fn copy<R: Read, C>(
    from: &mut R,
    counted: impl Fn(&mut R) -> &mut Counted<C>,
    mut file: &File,
    named: &Named,
) -> Result<(), SourceError> {
    let mut buffer = vec![0; 256 << 10];
    let mut written = 0u64;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(named.read("the stream", e)),
        };
        written += read as u64;
        let taken = counted(from).count;
        if written > BOMB_FROM && written / taken.max(1) > RATIO_LIMIT {
            return Err(named.refused(format!(
                "it grew from {taken} to more than {written} bytes: a bomb and no image"
            )));
        }
        file.write_all(&buffer[..read]).map_err(|e| {
            named.read(
                "room in the temporary folder (TMPDIR names another) for the stream",
                e,
            )
        })?;
    }
}

fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match from.read(&mut buffer[have..]) {
            Ok(0) => break,
            Ok(read) => have += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(have)
}
