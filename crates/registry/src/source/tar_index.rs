//! The position of each file in a tar archive: names, offsets and lengths. Nothing is unpacked.
//!
//! Decided here: which archives are rejected. Only one header and one name are in memory at a time,
//! so
//! that an archive cannot make this program use more.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use tar::{EntryType, Header, PaxExtensions};

use super::error::{SourceError, SourceName};
use crate::content::Content;

const BLOCK: u64 = 512;
/// The size limit of a name or of extended headers, in bytes.
const NAME_LIMIT: u64 = 64 << 10;
/// An image has a few thousand files at most (three per layer).
const ENTRY_LIMIT: usize = 100_000;

/// What the archive contains under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    File {
        offset: u64,
        len: u64,
    },
    /// A symbolic or hard link with its target as written.
    Link(String),
    /// E.g. a device or a sparse file. Images do not contain them.
    Other,
}

/// The files of a tar archive by name.
#[derive(Debug)]
pub(crate) struct TarIndex {
    file: Arc<File>,
    entries: HashMap<String, Entry>,
}

/// Extended headers, which apply to the next entry.
#[derive(Default)]
struct ExtendedHeaders {
    path: Option<String>,
    link: Option<String>,
    size: Option<u64>,
    is_sparse: bool,
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
            let header = header(&block, header_at, source_name)?;
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
            if is_extension(kind) {
                extend(
                    &mut extended,
                    kind,
                    &read_extension(&file, at, size, source_name)?,
                    source_name,
                )?;
            } else {
                let headers = std::mem::take(&mut extended);
                add(&mut entries, header, headers, at, size, source_name)?;
            }
            at = next.unwrap_or(end);
        }
        if count == 0 {
            return Err(source_name.not_an_image("it is not a tar archive, or it is empty"));
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
            Some(Entry::Other) => Err(source_name.refused(format!("{name} is not a regular file"))),
        }
    }

    /// Like [`Self::find`], but follows one link inside the archive: old Docker engines write a
    /// repeated
    /// layer as a link to its first occurrence.
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
        _ if at == 0 => Err(source_name.not_an_image("it is not a tar archive")),
        _ => Err(source_name.not_an_image(format!("it is damaged: no tar header at byte {at}"))),
    }
}

fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

fn read_extension(
    file: &File,
    at: u64,
    size: u64,
    source_name: &SourceName,
) -> Result<Vec<u8>, SourceError> {
    if size > NAME_LIMIT {
        return Err(source_name.refused(format!(
            "a name in it has {size} bytes, but the limit is {NAME_LIMIT}"
        )));
    }
    let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
    file.read_exact_at(&mut bytes, at)
        .map_err(|e| source_name.read("an extended header", e))?;
    Ok(bytes)
}

fn extend(
    extended: &mut ExtendedHeaders,
    kind: EntryType,
    bytes: &[u8],
    source_name: &SourceName,
) -> Result<(), SourceError> {
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    if kind.is_gnu_longname() {
        extended.path = Some(text(bytes));
        return Ok(());
    }
    if kind.is_gnu_longlink() {
        extended.link = Some(text(bytes));
        return Ok(());
    }
    for record in PaxExtensions::new(bytes) {
        let record = record.map_err(|e| source_name.read("an extended header", e))?;
        let key = record.key().unwrap_or_default();
        if kind.is_pax_global_extensions() {
            if matches!(key, "path" | "linkpath" | "size") {
                return Err(
                    source_name.refused(format!("a global header sets the {key} of all entries"))
                );
            }
            continue;
        }
        match key {
            "path" => extended.path = Some(text(record.value_bytes())),
            "linkpath" => extended.link = Some(text(record.value_bytes())),
            "size" => {
                let value = record.value().unwrap_or_default();
                extended.size = Some(value.parse().map_err(|_| {
                    source_name.refused(format!("the size {value:?} of an entry is invalid"))
                })?);
            }
            key if key.starts_with("GNU.sparse.") => extended.is_sparse = true,
            _ => {}
        }
    }
    Ok(())
}

fn add(
    entries: &mut HashMap<String, Entry>,
    header: &Header,
    extended: ExtendedHeaders,
    offset: u64,
    len: u64,
    source_name: &SourceName,
) -> Result<(), SourceError> {
    let path = match extended.path {
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
        Entry::Other
    } else if kind.is_file() || kind.is_contiguous() {
        Entry::File { offset, len }
    } else if kind.is_symlink() {
        Entry::Link(link_target(header, extended.link))
    } else if kind.is_hard_link() {
        // The target of a hard link starts at the root of the archive, that of a symbolic link in
        // its own
        // directory.
        Entry::Link(format!("/{}", link_target(header, extended.link)))
    } else {
        Entry::Other
    };
    if entries.contains_key(&name) {
        return Err(source_name.refused(format!(
            "it contains {name} twice, and tools differ in which one they read"
        )));
    }
    entries.insert(name, entry);
    Ok(())
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
