//! Image sources. Images are read in place, by offset, and never unpacked.
//!
//! Decided here: which reader a source needs. Never here: what is pushed from it.

mod daemon;
mod entry;
mod error;
mod extended;
mod files;
mod layout;
mod saved;
mod stream;
mod tar_index;
mod text;
mod walk;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

pub use daemon::{Daemon, DaemonImage};
pub use error::SourceError;
pub use text::{Format, Readable, Source, source_kinds};

use crate::image::{CompressionFormat, Image};
use crate::platform::Platform;
use error::SourceName;
use files::Files;
use layout::ImageChoice;
use tar_index::TarIndex;

/// Reads an image from a file, a directory or standard input.
///
/// # Errors
/// If it does not exist, cannot be read, or does not contain such an image.
pub async fn open(source: &Readable, platform: Option<&Platform>) -> Result<Image, SourceError> {
    let (source, platform) = (source.clone(), platform.cloned());
    let name = source.to_string();
    tokio::task::spawn_blocking(move || read(&source, platform.as_ref()))
        .await
        .unwrap_or_else(|e| Err(SourceName(name).read("the bytes", std::io::Error::other(e))))
}

/// Exports an image from a Docker engine and reads it.
pub async fn from_daemon(
    daemon: &Daemon,
    name: &str,
    platform: Option<&Platform>,
) -> Result<Image, SourceError> {
    let file = daemon.save(name).await?;
    let source = Source::DockerDaemon {
        name: name.to_owned(),
    };
    let source_name = SourceName(source.to_string());
    let choice = ImageChoice {
        name: None,
        platform: platform.cloned(),
    };
    either(Arc::new(file), &choice, &source_name)
}

fn read(source: &Readable, platform: Option<&Platform>) -> Result<Image, SourceError> {
    let source_name = SourceName(source.to_string());
    let choice = |name: &Option<String>| ImageChoice {
        name: name.clone(),
        platform: platform.cloned(),
    };
    let (format, path, name) = match source {
        Readable::Stdin => {
            let file = stream::spool(std::io::stdin().lock(), &source_name)?;
            return either(file, &choice(&None), &source_name);
        }
        Readable::At { format, path, name } => (format, path, name),
    };
    match format {
        Format::OciDirectory => {
            exists(path)?;
            if !path.is_dir() {
                return Err(SourceError::NotAnImage {
                    source_name: source_name.0,
                    reason: "it is a file".to_owned(),
                    hint: Some(format!(
                        "write {}",
                        text::guess(&path.display().to_string()).unwrap_or_else(|| format!(
                            "{} for an archive",
                            Format::OciArchive.example()
                        ))
                    )),
                });
            }
            let files = Files::Directory(path.clone());
            layout::read(&files, &choice(name), &source_name).map(Image::Addressed)
        }
        Format::OciArchive => {
            let index = TarIndex::read(archive(path, &source_name)?, &source_name)?;
            layout::read(&Files::Tar(index), &choice(name), &source_name).map(Image::Addressed)
        }
        Format::DockerArchive => {
            let index = TarIndex::read(archive(path, &source_name)?, &source_name)?;
            saved::read(index, &choice(name), &source_name)
        }
    }
}

/// Reads a tar file of either format.
fn either(
    file: Arc<File>,
    choice: &ImageChoice,
    source_name: &SourceName,
) -> Result<Image, SourceError> {
    let index = TarIndex::read(file, source_name)?;
    if index.has("manifest.json") {
        return saved::read(index, choice, source_name);
    }
    layout::read(&Files::Tar(index), choice, source_name).map(Image::Addressed)
}

/// Opens an archive. One that is compressed as a whole is first decompressed into an unnamed
/// temporary file.
fn archive(path: &Path, source_name: &SourceName) -> Result<Arc<File>, SourceError> {
    exists(path)?;
    if path.is_dir() {
        return Err(SourceError::NotAnImage {
            source_name: source_name.0.clone(),
            reason: "it is a directory".to_owned(),
            hint: text::guess(&path.display().to_string()).map(|guess| format!("write {guess}")),
        });
    }
    let file = File::open(path).map_err(|e| source_name.read("the archive", e))?;
    let mut first = [0; 4];
    let is_regular = file.metadata().is_ok_and(|m| m.is_file());
    if !is_regular {
        return stream::spool(file, source_name);
    }
    let is_packed = file.read_exact_at(&mut first, 0).is_ok()
        && CompressionFormat::of(&first) != CompressionFormat::Uncompressed;
    if is_packed {
        return stream::spool(file, source_name);
    }
    Ok(Arc::new(file))
}

fn exists(path: &Path) -> Result<(), SourceError> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(SourceError::Missing {
            path: path.to_owned(),
        }),
        Err(source) => Err(SourceError::Read {
            what: path.display().to_string(),
            source,
        }),
    }
}
