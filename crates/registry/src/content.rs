//! Bytes that can be read repeatedly: a file, a part of a file, or memory.
//!
//! A retried upload opens its content again. Nothing is unpacked for that.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

/// The location of a blob's bytes.
#[derive(Debug, Clone)]
pub struct Content {
    storage: Storage,
    offset: u64,
    len: u64,
    is_ours: bool,
}

#[derive(Debug, Clone)]
enum Storage {
    /// Opened for each read, so that a layout of a thousand blobs does not need a thousand open
    /// files.
    Path(PathBuf),
    /// An archive, or a temporary file without a name.
    Open(Arc<File>),
    Memory(Bytes),
}

impl Content {
    /// A complete file. `len` is in bytes.
    pub fn file(path: &Path, len: u64) -> Self {
        Self {
            storage: Storage::Path(path.to_owned()),
            offset: 0,
            len,
            is_ours: false,
        }
    }

    /// A part of an open file. `offset` and `len` are in bytes.
    pub fn part(file: Arc<File>, offset: u64, len: u64) -> Self {
        Self {
            storage: Storage::Open(file),
            offset,
            len,
            is_ours: false,
        }
    }

    /// An unnamed temporary file that this process wrote and hashed.
    pub(crate) fn spool(file: File, len: u64) -> Self {
        Self {
            is_ours: true,
            ..Self::part(Arc::new(file), 0, len)
        }
    }

    /// Bytes in memory, e.g. a manifest or config that was created here.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            len: bytes.len() as u64,
            storage: Storage::Memory(bytes),
            offset: 0,
            is_ours: false,
        }
    }

    /// The length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether no other process can have changed the bytes since they were hashed.
    pub(crate) fn is_ours(&self) -> bool {
        self.is_ours
    }

    /// Whether the length is 0.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Opens the bytes for reading.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(&self) -> io::Result<Reader> {
        let storage = match &self.storage {
            Storage::Path(path) => Opened::File(Arc::new(File::open(path)?)),
            Storage::Open(file) => Opened::File(Arc::clone(file)),
            Storage::Memory(bytes) => Opened::Memory(bytes.clone()),
        };
        Ok(Reader {
            storage,
            offset: self.offset,
            len: self.len,
            read: 0,
        })
    }

    /// Reads all bytes. Only for documents, never for layers.
    ///
    /// # Errors
    /// `FileTooLarge` if there are more than `limit` bytes, `UnexpectedEof` if the file is shorter
    /// than
    /// expected.
    pub fn read_all(&self, limit: u64) -> io::Result<Bytes> {
        if self.len > limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{} bytes, but the limit is {limit}", self.len),
            ));
        }
        let mut bytes = vec![0; usize::try_from(self.len).map_err(io::Error::other)?];
        let reader = self.open()?;
        reader.read_at(&mut bytes, 0)?;
        Ok(bytes.into())
    }
}

/// A reader, in order with [`io::Read`] or at any position.
#[derive(Debug, Clone)]
pub struct Reader {
    storage: Opened,
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
    /// Fills `buffer` from the position `at` of the content.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file has become shorter.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        match &self.storage {
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

    /// The number of bytes that have not been read in order.
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
    fn a_part_of_a_file_can_be_read_twice() {
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
    fn a_truncated_file_is_an_error_and_a_large_one_is_not_read() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"012").expect("written");
        let content = Content::part(Arc::new(file), 0, 10);
        let error = content.read_all(10).expect_err("too short");
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
        let error = content.read_all(9).expect_err("too large");
        assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
    }
}
