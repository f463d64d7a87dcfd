//! The files of a source by name: of a folder, or of a tar read in place.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::error::{Named, SourceError};
use super::tar_index::TarIndex;
use crate::content::Content;

/// Where named files are found.
#[derive(Debug)]
pub(crate) enum Files {
    Folder(PathBuf),
    Tar(TarIndex),
}

impl Files {
    /// A file by its name, with `/` between folders. None where there is none; a link, or
    /// anything else that is no regular file, is refused.
    pub fn find(&self, name: &str, named: &Named) -> Result<Option<Content>, SourceError> {
        match self {
            Self::Tar(index) => index.find(name, named),
            Self::Folder(folder) => {
                let mut path = folder.clone();
                let mut len = 0;
                let parts: Vec<&str> = name.split('/').collect();
                for (i, part) in parts.iter().enumerate() {
                    path.push(part);
                    let metadata = match std::fs::symlink_metadata(&path) {
                        Ok(metadata) => metadata,
                        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
                        Err(e) => return Err(named.read(name, e)),
                    };
                    if metadata.is_symlink() {
                        return Err(named.refused(format!(
                            "{name} goes over a symbolic link, and the files of an image must be \
                             files (cp -rL copies what links point to)"
                        )));
                    }
                    let is_last = i + 1 == parts.len();
                    if is_last && !metadata.is_file() || !is_last && !metadata.is_dir() {
                        return Err(named.refused(format!("{name} is not a regular file")));
                    }
                    len = metadata.len();
                }
                Ok(Some(Content::file(&path, len)))
            }
        }
    }

    /// A small file's bytes, at most `limit` of them.
    pub fn read(
        &self,
        name: &str,
        limit: u64,
        named: &Named,
    ) -> Result<Option<bytes::Bytes>, SourceError> {
        let Some(content) = self.find(name, named)? else {
            return Ok(None);
        };
        match content.read_all(limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == ErrorKind::FileTooLarge => Err(named.refused(format!(
                "{name} has {} bytes, and at most {limit} are read",
                content.len()
            ))),
            Err(e) => Err(named.read(name, e)),
        }
    }
}
