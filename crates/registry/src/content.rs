//! Bytes that can be read again and again: a part of a file, named by offset and length.
//!
//! An upload that is tried again opens its body anew; nothing is ever unpacked to make one.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

/// Where the bytes of a blob are.
#[derive(Debug, Clone)]
pub struct Content {
    place: Place,
    offset: u64,
    len: u64,
    is_ours: bool,
}

#[derive(Debug, Clone)]
enum Place {
    /// Opened for each reading, so that a layout of a thousand blobs holds no thousand files open.
    Path(PathBuf),
    /// An archive, or a spool that has no name any more.
    Open(Arc<File>),
    Memory(Bytes),
}

impl Content {
    /// A whole file of a known length.
    pub fn file(path: &Path, len: u64) -> Self {
        Self {
            place: Place::Path(path.to_owned()),
            offset: 0,
            len,
            is_ours: false,
        }
    }

    /// A part of an open file.
    pub fn part(file: Arc<File>, offset: u64, len: u64) -> Self {
        Self {
            place: Place::Open(file),
            offset,
            len,
            is_ours: false,
        }
    }

    /// A file without a name that this process wrote, and whose digest it took as it wrote.
    pub(crate) fn spool(file: File, len: u64) -> Self {
        Self {
            is_ours: true,
            ..Self::part(Arc::new(file), 0, len)
        }
    }

    /// Bytes in memory: manifests and configs that were made here.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            len: bytes.len() as u64,
            place: Place::Memory(bytes),
            offset: 0,
            is_ours: false,
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nobody else can have changed the bytes since their digest was taken.
    pub(crate) fn is_ours(&self) -> bool {
        self.is_ours
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Opens the bytes for reading.
    pub fn open(&self) -> io::Result<Reader> {
        let place = match &self.place {
            Place::Path(path) => Opened::File(Arc::new(File::open(path)?)),
            Place::Open(file) => Opened::File(Arc::clone(file)),
            Place::Memory(bytes) => Opened::Memory(bytes.clone()),
        };
        Ok(Reader {
            place,
            offset: self.offset,
            len: self.len,
            read: 0,
        })
    }

    /// All bytes, where there are at most `limit`. Only for documents, never for layers.
    pub fn read_all(&self, limit: u64) -> io::Result<Bytes> {
        if self.len > limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{} bytes, where at most {limit} are taken", self.len),
            ));
        }
        let mut bytes = vec![0; usize::try_from(self.len).map_err(io::Error::other)?];
        let reader = self.open()?;
        reader.read_at(&mut bytes, 0)?;
        Ok(bytes.into())
    }
}

/// Bytes that are being read: in order as [`io::Read`], or anywhere.
#[derive(Debug, Clone)]
pub struct Reader {
    place: Opened,
    offset: u64,
    len: u64,
    read: u64,
}

#[derive(Debug, Clone)]
enum Opened {
    File(Arc<File>),
    Memory(Bytes),
}

impl Reader {
    /// Fills `buffer` from `at`, counted from the beginning of the content. A file that has
    /// become shorter is an error (`UnexpectedEof`).
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        match &self.place {
            Opened::File(file) => file.read_exact_at(buffer, self.offset + at),
            Opened::Memory(bytes) => {
                let start = usize::try_from(at).map_err(io::Error::other)?;
                let end = start + buffer.len();
                let part = bytes.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
                buffer.copy_from_slice(part);
                Ok(())
            }
        }
    }

    /// How many bytes are left to be read in order.
    pub fn left(&self) -> u64 {
        self.len - self.read
    }
}

impl io::Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = buffer
            .len()
            .min(usize::try_from(self.left()).unwrap_or(usize::MAX));
        self.read_at(&mut buffer[..want], self.read)?;
        self.read += want as u64;
        Ok(want)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::sync::Arc;

    use super::Content;

    #[test]
    fn a_part_of_a_file_is_read_twice_the_same() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"0123456789").expect("written");
        let content = Content::part(Arc::new(file), 3, 4);
        for _ in 0..2 {
            let mut text = String::new();
            content
                .open()
                .expect("opened")
                .read_to_string(&mut text)
                .expect("read");
            assert_eq!(text, "3456");
        }
    }

    #[test]
    fn a_file_that_shrank_is_an_error_and_a_large_one_is_not_read_whole() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"012").expect("written");
        let content = Content::part(Arc::new(file), 0, 10);
        let error = content.read_all(10).expect_err("too short");
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
        let error = content.read_all(9).expect_err("too large");
        assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
    }
}
