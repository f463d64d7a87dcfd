//! Archives that are read as a stream: they are written to an unnamed temporary file and then read
//! in place like any other archive. Compressed ones are decompressed on the way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use super::error::{SourceError, SourceName};
use crate::image::CompressionFormat;

/// Above this size, an archive that grew more than [`RATIO_LIMIT`] times is rejected.
const BOMB_FROM: u64 = 1 << 28;
const RATIO_LIMIT: u64 = 200;

/// Writes a stream to a temporary file, which disappears however this program ends.
pub(crate) fn spool(
    mut from: impl Read,
    source_name: &SourceName,
) -> Result<Arc<File>, SourceError> {
    let failed = |e| source_name.read("the stream", e);
    let mut first = [0; 4];
    let have = fill(&mut from, &mut first).map_err(failed)?;
    let first = first[..have].to_vec();
    let format = CompressionFormat::of(&first);
    let mut raw = Counted {
        inner: io::Cursor::new(first).chain(from),
        count: 0,
    };
    let file = tempfile::tempfile().map_err(|e| source_name.spool(e))?;
    match format {
        CompressionFormat::Uncompressed => copy(&mut raw, |r| r, &file, source_name)?,
        CompressionFormat::Gzip => {
            let mut inflated = flate2::read::MultiGzDecoder::new(raw);
            copy(&mut inflated, |i| i.get_mut(), &file, source_name)?;
        }
        CompressionFormat::Zstd => {
            let mut inflated = zstd::stream::read::Decoder::with_buffer(io::BufReader::new(raw))
                .map_err(failed)?;
            copy(&mut inflated, |i| i.get_mut().get_mut(), &file, source_name)?;
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
    source_name: &SourceName,
) -> Result<(), SourceError> {
    let mut buffer = vec![0; 256 << 10];
    let mut written = 0u64;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(source_name.read("the stream", e)),
        };
        written += read as u64;
        let taken = counted(from).count;
        if written > BOMB_FROM && written / taken.max(1) > RATIO_LIMIT {
            return Err(source_name.refused(format!(
                "it grew from {taken} to more than {written} bytes when it was decompressed, which no image does"
            )));
        }
        file.write_all(&buffer[..read])
            .map_err(|e| source_name.spool(e))?;
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
    use crate::source::error::SourceName;

    #[test]
    fn a_stream_is_decompressed_according_to_its_first_bytes() {
        let text = b"an archive, whatever is in it".repeat(50_000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).expect("compressed");
        let zstd = zstd::bulk::compress(&text, 1).expect("compressed");
        for stream in [text.clone(), gzip.finish().expect("compressed"), zstd] {
            let file = spool(&stream[..], &SourceName("it".to_owned())).expect("spooled");
            let mut found = Vec::new();
            let mut file = &*file;
            std::io::Seek::rewind(&mut file).expect("rewound");
            file.read_to_end(&mut found).expect("read");
            assert!(found == text);
        }
    }

    #[test]
    fn a_decompression_bomb_is_rejected() {
        // Frames of zeros, twice as many as accepted.
        let frame = zstd::bulk::compress(&vec![0; 16 << 20], 1).expect("compressed");
        let bomb = frame.repeat(usize::try_from(BOMB_FROM >> 23).expect("a count"));
        let error = spool(&bomb[..], &SourceName("it".to_owned())).expect_err("a bomb");
        assert!(error.to_string().contains("which no image does"), "{error}");
    }
}
