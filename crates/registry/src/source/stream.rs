//! An archive that comes as a stream: written to a nameless temporary file, from where it is read
//! in place like any other. One that is compressed as a whole is inflated on the way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use super::error::{Named, SourceError};
use crate::image::Packing;

/// Past this many bytes, an archive that grew more than [`RATIO_LIMIT`] times is a bomb.
const BOMB_FROM: u64 = 1 << 28;
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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::{BOMB_FROM, spool};
    use crate::source::error::Named;

    #[test]
    fn a_stream_is_inflated_by_what_it_begins_with() {
        let text = b"an archive, whatever is in it".repeat(50_000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).expect("compressed");
        let zstd = zstd::bulk::compress(&text, 1).expect("compressed");
        for stream in [text.clone(), gzip.finish().expect("compressed"), zstd] {
            let file = spool(&stream[..], &Named("it".to_owned())).expect("spooled");
            let mut found = Vec::new();
            let mut file = &*file;
            std::io::Seek::rewind(&mut file).expect("rewound");
            file.read_to_end(&mut found).expect("read");
            assert!(found == text);
        }
    }

    #[test]
    fn a_bomb_is_given_up_and_not_written_out() {
        // Frames of nothing: twice what is taken.
        let frame = zstd::bulk::compress(&vec![0; 16 << 20], 1).expect("compressed");
        let bomb = frame.repeat(usize::try_from(BOMB_FROM >> 23).expect("a count"));
        let error = spool(&bomb[..], &Named("it".to_owned())).expect_err("a bomb");
        assert!(error.to_string().contains("a bomb and no image"), "{error}");
    }
}
