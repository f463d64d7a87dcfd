//! Where an image comes from, and how it is read there: in place, by offset, never unpacked.

mod daemon;
mod entry;
mod error;
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
pub use text::{Format, Readable, Source, kinds};

use crate::image::{Image, Packing};
use crate::platform::Platform;
use error::Named;
use files::Files;
use layout::Choice;
use tar_index::TarIndex;

/// Reads an image from a file, a folder or standard input.
pub async fn open(source: &Readable, platform: Option<&Platform>) -> Result<Image, SourceError> {
    let (source, platform) = (source.clone(), platform.cloned());
    let name = source.to_string();
    tokio::task::spawn_blocking(move || read(&source, platform.as_ref()))
        .await
        .unwrap_or_else(|e| Err(Named(name).read("the bytes", std::io::Error::other(e))))
}

/// Has an engine write an image out, and reads it.
pub async fn from_daemon(
    daemon: &Daemon,
    name: &str,
    platform: Option<&Platform>,
) -> Result<Image, SourceError> {
    let file = daemon.save(name).await?;
    let source = Source::DockerDaemon {
        name: name.to_owned(),
    };
    let named = Named(source.to_string());
    let choice = Choice {
        name: None,
        platform: platform.cloned(),
    };
    either(Arc::new(file), &choice, &named)
}

fn read(source: &Readable, platform: Option<&Platform>) -> Result<Image, SourceError> {
    let named = Named(source.to_string());
    let choice = |name: &Option<String>| Choice {
        name: name.clone(),
        platform: platform.cloned(),
    };
    let (format, path, name) = match source {
        Readable::Stdin => {
            let file = stream::spool(std::io::stdin().lock(), &named)?;
            return either(file, &choice(&None), &named);
        }
        Readable::At { format, path, name } => (format, path, name),
    };
    match format {
        Format::OciFolder => {
            exists(path)?;
            if !path.is_dir() {
                return Err(SourceError::NotAnImage {
                    source_name: named.0,
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
            let files = Files::Folder(path.clone());
            layout::read(&files, &choice(name), &named).map(Image::Addressed)
        }
        Format::OciArchive => {
            let index = TarIndex::read(archive(path, &named)?, &named)?;
            layout::read(&Files::Tar(index), &choice(name), &named).map(Image::Addressed)
        }
        Format::DockerArchive => {
            let index = TarIndex::read(archive(path, &named)?, &named)?;
            saved::read(index, &choice(name), &named)
        }
    }
}

/// A tar of either kind.
fn either(file: Arc<File>, choice: &Choice, named: &Named) -> Result<Image, SourceError> {
    let index = TarIndex::read(file, named)?;
    if index.has("manifest.json") {
        return saved::read(index, choice, named);
    }
    layout::read(&Files::Tar(index), choice, named).map(Image::Addressed)
}

/// Opens an archive; one that is compressed as a whole is inflated into a nameless file first.
fn archive(path: &Path, named: &Named) -> Result<Arc<File>, SourceError> {
    exists(path)?;
    if path.is_dir() {
        return Err(SourceError::NotAnImage {
            source_name: named.0.clone(),
            reason: "it is a folder".to_owned(),
            hint: text::guess(&path.display().to_string()).map(|guess| format!("write {guess}")),
        });
    }
    let file = File::open(path).map_err(|e| named.read("the archive", e))?;
    let mut first = [0; 4];
    let is_regular = file.metadata().is_ok_and(|m| m.is_file());
    if !is_regular {
        return stream::spool(file, named);
    }
    let is_packed =
        file.read_exact_at(&mut first, 0).is_ok() && Packing::of(&first) != Packing::Plain;
    if is_packed {
        return stream::spool(file, named);
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
