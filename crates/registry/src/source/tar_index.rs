//! Where each file of a tar lies: names, offsets and lengths. Nothing is unpacked.
//!
//! Decided here: which archives are refused. The walk holds one header and one name at a time,
//! so that an archive cannot make it hold more.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use tar::{EntryType, Header, PaxExtensions};

use super::error::{Named, SourceError};
use crate::content::Content;

const BLOCK: u64 = 512;
/// A name or a set of extended headers longer than this is refused.
const NAME_LIMIT: u64 = 64 << 10;
/// An image has some thousand files at most (three a layer).
const ENTRY_LIMIT: usize = 100_000;

/// What a name in the archive stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    File {
        offset: u64,
        len: u64,
    },
    /// A symbolic or hard link, with the name it points to, as written.
    Link(String),
    /// A device, a pipe, a sparse file: nothing that an image is made of.
    Other,
}

/// The files of a tar by name.
#[derive(Debug)]
pub(crate) struct TarIndex {
    file: Arc<File>,
    entries: HashMap<String, Entry>,
}

/// What extended headers say about the entry that follows them.
#[derive(Default)]
struct Ahead {
    path: Option<String>,
    link: Option<String>,
    size: Option<u64>,
    is_sparse: bool,
}

impl TarIndex {
    /// Walks the archive's headers.
    pub fn read(file: Arc<File>, named: &Named) -> Result<Self, SourceError> {
        let end = file
            .metadata()
            .map_err(|e| named.read("the length", e))?
            .len();
        let mut entries = HashMap::new();
        let mut ahead = Ahead::default();
        let mut at = 0;
        let mut zeros = 0;
        let mut count = 0;
        while at + BLOCK <= end && zeros < 2 {
            let mut block = [0; BLOCK as usize];
            file.read_exact_at(&mut block, at)
                .map_err(|e| named.read("a header", e))?;
            let header_at = at;
            at += BLOCK;
            if block.iter().all(|b| *b == 0) {
                zeros += 1;
                continue;
            }
            zeros = 0;
            count += 1;
            if count > ENTRY_LIMIT {
                return Err(named.refused(format!("it has more than {ENTRY_LIMIT} entries")));
            }
            let header = header(&block, header_at, named)?;
            let declared = header.entry_size().map_err(|e| {
                named.read(&format!("the size in the header at byte {header_at}"), e)
            })?;
            let kind = header.entry_type();
            let size = match ahead.size {
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
                    archive: named.0.clone(),
                    entry: ahead.path.unwrap_or(name),
                    needs: data_end,
                    has: end,
                });
            }
            if is_extension(kind) {
                extend(
                    &mut ahead,
                    kind,
                    &read_extension(&file, at, size, named)?,
                    named,
                )?;
            } else {
                let said = std::mem::take(&mut ahead);
                add(&mut entries, header, said, at, size, named)?;
            }
            at = next.unwrap_or(end);
        }
        if count == 0 {
            return Err(named.not_an_image("it is not a tar archive, or an empty one"));
        }
        Ok(Self { file, entries })
    }

    /// The bytes of a file, where the archive has one of that name. A link is an error: in an
    /// image layout nothing is linked.
    pub fn find(&self, name: &str, named: &Named) -> Result<Option<Content>, SourceError> {
        match self.entries.get(name) {
            None => Ok(None),
            Some(Entry::File { offset, len }) => {
                Ok(Some(Content::part(Arc::clone(&self.file), *offset, *len)))
            }
            Some(Entry::Link(target)) => Err(named.refused(format!(
                "{name} is a link to {target}, and the files of an image must be files"
            ))),
            Some(Entry::Other) => Err(named.refused(format!("{name} is not a regular file"))),
        }
    }

    /// As [`Self::find`], following one link inside the archive: old Docker engines write a layer
    /// that occurs twice as a link to its first occurrence.
    pub fn find_through_link(
        &self,
        name: &str,
        named: &Named,
    ) -> Result<Option<Content>, SourceError> {
        if let Some(Entry::Link(target)) = self.entries.get(name) {
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let inside = join_inside(folder, target).ok_or_else(|| {
                named.refused(format!(
                    "{name} is a link to {target}, outside of the archive"
                ))
            })?;
            return self.find(&inside, named);
        }
        self.find(name, named)
    }

    /// Whether the archive has a file of that name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }
}

fn header<'b>(
    block: &'b [u8; BLOCK as usize],
    at: u64,
    named: &Named,
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
        Ok(said) if said == sum => Ok(header),
        _ if at == 0 => Err(named.not_an_image("it is not a tar archive")),
        _ => Err(named.not_an_image(format!("it is damaged: no tar header at byte {at}"))),
    }
}

fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

fn read_extension(file: &File, at: u64, size: u64, named: &Named) -> Result<Vec<u8>, SourceError> {
    if size > NAME_LIMIT {
        return Err(named.refused(format!("a name in it takes {size} bytes")));
    }
    let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
    file.read_exact_at(&mut bytes, at)
        .map_err(|e| named.read("an extended header", e))?;
    Ok(bytes)
}

fn extend(
    ahead: &mut Ahead,
    kind: EntryType,
    bytes: &[u8],
    named: &Named,
) -> Result<(), SourceError> {
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    if kind.is_gnu_longname() {
        ahead.path = Some(text(bytes));
        return Ok(());
    }
    if kind.is_gnu_longlink() {
        ahead.link = Some(text(bytes));
        return Ok(());
    }
    for record in PaxExtensions::new(bytes) {
        let record = record.map_err(|e| named.read("an extended header", e))?;
        let key = record.key().unwrap_or_default();
        if kind.is_pax_global_extensions() {
            if matches!(key, "path" | "linkpath" | "size") {
                return Err(named.refused(format!("a global header gives every entry one {key}")));
            }
            continue;
        }
        match key {
            "path" => ahead.path = Some(text(record.value_bytes())),
            "linkpath" => ahead.link = Some(text(record.value_bytes())),
            "size" => {
                let said = record.value().unwrap_or_default();
                ahead.size = Some(
                    said.parse()
                        .map_err(|_| named.refused(format!("an entry's size is {said:?}")))?,
                );
            }
            key if key.starts_with("GNU.sparse.") => ahead.is_sparse = true,
            _ => {}
        }
    }
    Ok(())
}

fn add(
    entries: &mut HashMap<String, Entry>,
    header: &Header,
    ahead: Ahead,
    offset: u64,
    len: u64,
    named: &Named,
) -> Result<(), SourceError> {
    let path = match ahead.path {
        Some(path) => path,
        None => String::from_utf8_lossy(&header.path_bytes()).into_owned(),
    };
    let kind = header.entry_type();
    let name = join_inside("", &path)
        .filter(|_| !path.starts_with('/') && path.split('/').all(|part| part != ".."))
        .ok_or_else(|| named.refused(format!("the name {path:?} in it leads out of it")))?;
    if kind.is_dir() || name.is_empty() || path.ends_with('/') {
        return Ok(());
    }
    let entry = if ahead.is_sparse || kind.is_gnu_sparse() {
        Entry::Other
    } else if kind.is_file() || kind.is_contiguous() {
        Entry::File { offset, len }
    } else if kind.is_symlink() {
        Entry::Link(link_target(header, ahead.link))
    } else if kind.is_hard_link() {
        // Hard links count from the archive's root; a symbolic one from its own folder.
        Entry::Link(format!("/{}", link_target(header, ahead.link)))
    } else {
        Entry::Other
    };
    if entries.contains_key(&name) {
        return Err(named.refused(format!(
            "it has two files named {name}, so that no two tools read the same"
        )));
    }
    entries.insert(name, entry);
    Ok(())
}

fn link_target(header: &Header, ahead: Option<String>) -> String {
    ahead.unwrap_or_else(|| {
        let bytes = header.link_name_bytes().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Joins a name to a folder, without `.` and with `..` taken away; none if it leads out.
/// A leading `/` stands for the archive's root.
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
