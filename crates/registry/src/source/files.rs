//! The files of a source by name, in a directory or in a tar file.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::error::{SourceError, SourceName};
use super::tar_index::TarIndex;
use crate::content::Content;

/// A directory, or a tar file that is read in place.
#[derive(Debug)]
pub(crate) enum Files {
    Directory(PathBuf),
    Tar(TarIndex),
}

impl Files {
    /// Finds a file by its name, with `/` between directories. `None` if it does not exist.
    ///
    /// # Errors
    /// If it is a link, or not a regular file.
    pub fn find(
        &self,
        name: &str,
        source_name: &SourceName,
    ) -> Result<Option<Content>, SourceError> {
        match self {
            Self::Tar(index) => index.find(name, source_name),
            Self::Directory(directory) => {
                let mut path = directory.clone();
                let mut len = 0;
                let parts: Vec<&str> = name.split('/').collect();
                for (i, part) in parts.iter().enumerate() {
                    path.push(part);
                    let metadata = match std::fs::symlink_metadata(&path) {
                        Ok(metadata) => metadata,
                        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
                        Err(e) => return Err(source_name.read(name, e)),
                    };
                    if metadata.is_symlink() {
                        return Err(source_name.refused(format!(
                            "the path {name} contains a symbolic link; use `cp -rL` to replace \
                             links by files"
                        )));
                    }
                    let is_last = i + 1 == parts.len();
                    if is_last && !metadata.is_file() || !is_last && !metadata.is_dir() {
                        return Err(source_name.refused(format!("{name} is not a regular file")));
                    }
                    len = metadata.len();
                }
                Ok(Some(Content::file(&path, len)))
            }
        }
    }

    /// Reads a small file of at most `limit` bytes.
    pub fn read(
        &self,
        name: &str,
        limit: u64,
        source_name: &SourceName,
    ) -> Result<Option<bytes::Bytes>, SourceError> {
        let Some(content) = self.find(name, source_name)? else {
            return Ok(None);
        };
        match content.read_all(limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == ErrorKind::FileTooLarge => Err(source_name.refused(format!(
                "{name} has {} bytes, but the limit is {limit}",
                content.len()
            ))),
            Err(e) => Err(source_name.read(name, e)),
        }
    }
}
