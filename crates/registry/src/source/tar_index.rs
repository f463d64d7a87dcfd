//! The position of each file in a tar archive: names, offsets and lengths. Nothing is unpacked.
//!
//! Decided here: which archives are rejected. Only one header and one name are in memory at a
//! time, so that an archive cannot make this program use more.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use tar::Header;

use super::error::{SourceError, SourceName};
use super::extended::{ExtendedHeaders, is_extension};
use crate::content::Content;

const BLOCK: u64 = 512;
/// An image has a few thousand files at most (three per layer).
const ENTRY_LIMIT: usize = 100_000;

/// Bytes that are compared at a time.
const COMPARED: usize = 64 << 10;
const SPARSE: &str = "is stored as a sparse file, which is not supported: create the archive again \
                      without sparse files (bsdtar: --no-read-sparse, GNU tar: without --sparse)";

/// What the archive contains under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    File {
        offset: u64,
        len: u64,
    },
    /// A symbolic or hard link with its target as written.
    Link(String),
    /// A file whose holes are not stored.
    Sparse,
    /// E.g. a device. Images do not contain them.
    Other,
}

/// The files of a tar archive by name.
#[derive(Debug)]
pub(crate) struct TarIndex {
    file: Arc<File>,
    entries: HashMap<String, Entry>,
}

impl TarIndex {
    /// Reads the headers of the archive.
    pub fn read(file: Arc<File>, source_name: &SourceName) -> Result<Self, SourceError> {
        let end = file
            .metadata()
            .map_err(|e| source_name.read("the length", e))?
            .len();
        let mut entries = HashMap::new();
        let mut extended = ExtendedHeaders::default();
        let mut at = 0;
        let mut zeros = 0;
        let mut count = 0;
        while at + BLOCK <= end && zeros < 2 {
            let mut block = [0; BLOCK as usize];
            file.read_exact_at(&mut block, at)
                .map_err(|e| source_name.read("a header", e))?;
            let header_at = at;
            at += BLOCK;
            if block.iter().all(|b| *b == 0) {
                zeros += 1;
                continue;
            }
            zeros = 0;
            count += 1;
            if count > ENTRY_LIMIT {
                return Err(source_name.refused(format!("it has more than {ENTRY_LIMIT} entries")));
            }
            let header = header(&block, header_at, &file, source_name)?;
            let declared = header.entry_size().map_err(|e| {
                source_name.read(&format!("the size in the header at byte {header_at}"), e)
            })?;
            let kind = header.entry_type();
            let size = match extended.size {
                Some(size) if !is_extension(kind) => size,
                _ => declared,
            };
            let next = size
                .checked_next_multiple_of(BLOCK)
                .and_then(|padded| at.checked_add(padded))
                .filter(|next| *next < u64::MAX / 2);
            let data_end = at.saturating_add(size);
            if next.is_none() || data_end > end {
                let name = String::from_utf8_lossy(&header.path_bytes()).into_owned();
                return Err(SourceError::Truncated {
                    archive: source_name.0.clone(),
                    entry: extended.path.unwrap_or(name),
                    needs: data_end,
                    has: end,
                });
            }
            if header
                .as_gnu()
                .is_some_and(|gnu| kind.is_gnu_sparse() && gnu.is_extended())
            {
                // More headers follow, before the data.
                let path = String::from_utf8_lossy(&header.path_bytes()).into_owned();
                return Err(source_name.refused(format!("{path} {SPARSE}")));
            }
            if is_extension(kind) {
                extended.read(&file, kind, at, size, source_name)?;
            } else {
                let headers = std::mem::take(&mut extended);
                add(
                    &mut entries,
                    &file,
                    header,
                    headers,
                    (at, size),
                    source_name,
                )?;
            }
            at = next.unwrap_or(end);
        }
        if count == 0 {
            let reason = "it is not a tar archive, or it is empty";
            return Err(not_a_tar(&file, reason, source_name));
        }
        Ok(Self { file, entries })
    }

    /// Returns the bytes of a file, or `None` if it does not exist.
    ///
    /// # Errors
    /// If it is a link (image layouts do not contain links), or not a regular file.
    pub fn find(
        &self,
        name: &str,
        source_name: &SourceName,
    ) -> Result<Option<Content>, SourceError> {
        match self.entries.get(name) {
            None => Ok(None),
            Some(Entry::File { offset, len }) => {
                Ok(Some(Content::part(Arc::clone(&self.file), *offset, *len)))
            }
            Some(Entry::Link(target)) => Err(source_name.refused(format!(
                "{name} is a link to {target}, but an image must not contain links"
            ))),
            Some(Entry::Sparse) => Err(source_name.refused(format!("{name} {SPARSE}"))),
            Some(Entry::Other) => Err(source_name.refused(format!("{name} is not a regular file"))),
        }
    }

    /// Like [`Self::find`], but follows one link inside the archive: old Docker engines write a
    /// repeated layer as a link to its first occurrence.
    pub fn find_through_link(
        &self,
        name: &str,
        source_name: &SourceName,
    ) -> Result<Option<Content>, SourceError> {
        if let Some(Entry::Link(target)) = self.entries.get(name) {
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let inside = join_inside(folder, target).ok_or_else(|| {
                source_name.refused(format!(
                    "{name} is a link to {target}, outside of the archive"
                ))
            })?;
            return self.find(&inside, source_name);
        }
        self.find(name, source_name)
    }

    /// Whether the archive contains this name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }
}

fn header<'b>(
    block: &'b [u8; BLOCK as usize],
    at: u64,
    file: &File,
    source_name: &SourceName,
) -> Result<&'b Header, SourceError> {
    let header = Header::from_byte_slice(block);
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(i, b)| {
            if (148..156).contains(&i) {
                32
            } else {
                u32::from(*b)
            }
        })
        .sum();
    match header.cksum() {
        Ok(stored) if stored == sum => Ok(header),
        _ if at == 0 => Err(not_a_tar(file, "it is not a tar archive", source_name)),
        _ => Err(source_name.not_an_image(format!("it is damaged: no tar header at byte {at}"))),
    }
}

/// Whether two parts of a file have the same bytes.
fn is_same_content(file: &File, one: u64, other: u64, len: u64) -> std::io::Result<bool> {
    let mut buffers = [vec![0; COMPARED], vec![0; COMPARED]];
    let mut at = 0;
    while at < len {
        let size = usize::try_from(len - at).map_or(COMPARED, |left| left.min(COMPARED));
        for (buffer, start) in buffers.iter_mut().zip([one, other]) {
            file.read_exact_at(&mut buffer[..size], start + at)?;
        }
        if buffers[0][..size] != buffers[1][..size] {
            return Ok(false);
        }
        at += size as u64;
    }
    Ok(true)
}

/// The error for a file without tar headers. Names the compression if it is a known one.
fn not_a_tar(file: &File, reason: &str, source_name: &SourceName) -> SourceError {
    let mut first = [0; 4];
    // A shorter file has no known format.
    let _ = file.read_exact_at(&mut first, 0);
    let compression = match &first {
        [0xfd, b'7', b'z', b'X'] => "xz",
        [b'B', b'Z', b'h', b'1'..=b'9'] => "bzip2",
        [0x04, 0x22, 0x4d, 0x18] => "lz4",
        b"LZIP" => "lzip",
        _ => return source_name.not_an_image(reason),
    };
    SourceError::NotAnImage {
        source_name: source_name.0.clone(),
        reason: format!("it is compressed with {compression}, which is not supported"),
        hint: Some(format!(
            "decompress it, e.g. {compression} -dc FILE | ecr-push --source - …"
        )),
    }
}

fn add(
    entries: &mut HashMap<String, Entry>,
    file: &File,
    header: &Header,
    extended: ExtendedHeaders,
    (offset, len): (u64, u64),
    source_name: &SourceName,
) -> Result<(), SourceError> {
    let path = match extended.sparse_path.or(extended.path) {
        Some(path) => path,
        None => String::from_utf8_lossy(&header.path_bytes()).into_owned(),
    };
    let kind = header.entry_type();
    let name = join_inside("", &path)
        .filter(|_| !path.starts_with('/') && path.split('/').all(|part| part != ".."))
        .ok_or_else(|| {
            source_name.refused(format!("the name {path:?} leads out of the archive"))
        })?;
    if kind.is_dir() || name.is_empty() || path.ends_with('/') {
        return Ok(());
    }
    let entry = if extended.is_sparse || kind.is_gnu_sparse() {
        Entry::Sparse
    } else if kind.is_file() || kind.is_contiguous() {
        Entry::File { offset, len }
    } else if kind.is_symlink() {
        Entry::Link(link_target(header, extended.link))
    } else if kind.is_hard_link() {
        // The target of a hard link starts at the root of the archive, that of a symbolic link in
        // its own directory.
        Entry::Link(format!("/{}", link_target(header, extended.link)))
    } else {
        Entry::Other
    };
    match entries.get(&name) {
        None => {
            entries.insert(name, entry);
            Ok(())
        }
        // Some tools write a file again that several images share.
        Some(known) if is_same_entry(file, known, &entry, source_name)? => Ok(()),
        Some(_) => Err(source_name.refused(format!(
            "it contains two different files {name}, and tools differ in which one they read"
        ))),
    }
}

fn is_same_entry(
    file: &File,
    one: &Entry,
    other: &Entry,
    source_name: &SourceName,
) -> Result<bool, SourceError> {
    match (one, other) {
        (
            Entry::File { offset, len },
            Entry::File {
                offset: other_offset,
                len: other_len,
            },
        ) => {
            let is_same = || is_same_content(file, *offset, *other_offset, *len);
            Ok(
                len == other_len
                    && is_same().map_err(|e| source_name.read("a repeated file", e))?,
            )
        }
        (one, other) => Ok(one == other),
    }
}

fn link_target(header: &Header, extended: Option<String>) -> String {
    extended.unwrap_or_else(|| {
        let bytes = header.link_name_bytes().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Resolves `.` and `..` in a name. `None` if it leads out of the archive. A leading `/` means the
/// root of the archive.
fn join_inside(folder: &str, name: &str) -> Option<String> {
    let folder = if name.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part if part.contains('\0') => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
#[path = "tar_index_tests.rs"]
mod tests;
