//! Where an image comes from, and how it is read there: in place, by offset, never unpacked.

mod daemon;
mod error;
mod files;
mod layout;
mod saved;
mod stream;
mod tar_index;
mod walk;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

pub use daemon::{Daemon, DaemonImage};
pub use error::SourceError;

use crate::image::{Image, Packing};
use crate::platform::Platform;
use error::Named;
use files::Files;
use layout::Choice;
use tar_index::TarIndex;

/// A source as a person writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `oci:DIR[:NAME]`, an OCI layout in a folder.
    OciFolder { path: PathBuf, name: Option<String> },
    /// `oci-archive:TAR[:NAME]`, an OCI layout in a tar.
    OciArchive { path: PathBuf, name: Option<String> },
    /// `docker-archive:TAR[:NAME:TAG]`, what `docker save` writes.
    DockerArchive { path: PathBuf, name: Option<String> },
    /// `docker-daemon:NAME`, an image in a Docker engine.
    DockerDaemon { name: String },
    /// `-`, a tar of either kind on standard input.
    Stdin,
}

const KINDS: [&str; 4] = ["oci", "oci-archive", "docker-archive", "docker-daemon"];

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        let (kind, rest) = text.split_once(':').unwrap_or(("", text));
        let unnamed = |guess| SourceError::Kind {
            given: text.to_owned(),
            guess,
        };
        if rest.is_empty() {
            return Err(unnamed(None));
        }
        match kind {
            "oci" => Ok(located(rest, |path, name| Self::OciFolder { path, name })),
            "oci-archive" => Ok(located(rest, |path, name| Self::OciArchive { path, name })),
            "docker-archive" => Ok(located(rest, |path, name| Self::DockerArchive {
                path,
                name,
            })),
            "docker-daemon" => Ok(Self::DockerDaemon {
                name: rest.to_owned(),
            }),
            _ => Err(unnamed(guess(text))),
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, path) = match self {
            Self::OciFolder { path, .. } => (KINDS[0], path),
            Self::OciArchive { path, .. } => (KINDS[1], path),
            Self::DockerArchive { path, .. } => (KINDS[2], path),
            Self::DockerDaemon { name } => return write!(f, "{}:{name}", KINDS[3]),
            Self::Stdin => return f.write_str("standard input"),
        };
        write!(f, "{kind}:{}", path.display())
    }
}

/// A path, and after a colon the name of an image in it, where the whole is no path of a file.
fn located(rest: &str, make: impl FnOnce(PathBuf, Option<String>) -> Source) -> Source {
    if !Path::new(rest).exists() {
        // A name has a colon itself (`app:v1`, `sha256:…`): the longest path that exists wins.
        let splits = rest.char_indices().rev().filter(|(_, c)| *c == ':');
        for (at, _) in splits {
            let (path, name) = (&rest[..at], &rest[at + 1..]);
            if !name.is_empty() && Path::new(path).exists() {
                return make(PathBuf::from(path), Some(name.to_owned()));
            }
        }
    }
    make(PathBuf::from(rest), None)
}

/// What a text without a kind may mean.
fn guess(text: &str) -> Option<String> {
    let path = Path::new(text);
    if path.join("oci-layout").exists() {
        return Some(format!("oci:{text}"));
    }
    let index = TarIndex::read(Arc::new(File::open(path).ok()?), &Named(text.to_owned())).ok()?;
    if index.has("manifest.json") {
        Some(format!("docker-archive:{text}"))
    } else {
        index
            .has("oci-layout")
            .then(|| format!("oci-archive:{text}"))
    }
}

/// Reads a source; an image in an engine is taken out of it by [`from_daemon`].
pub async fn open(source: &Source, platform: Option<&Platform>) -> Result<Image, SourceError> {
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
    let named = Named(format!("docker-daemon:{name}"));
    let choice = Choice {
        name: None,
        platform: platform.cloned(),
    };
    either(Arc::new(file), &choice, &named)
}

fn read(source: &Source, platform: Option<&Platform>) -> Result<Image, SourceError> {
    let named = Named(source.to_string());
    let choice = |name: &Option<String>| Choice {
        name: name.clone(),
        platform: platform.cloned(),
    };
    match source {
        Source::OciFolder { path, name } => {
            exists(path)?;
            if !path.is_dir() {
                return Err(SourceError::NotAnImage {
                    source_name: named.0,
                    reason: "it is a file".to_owned(),
                    hint: Some(format!(
                        "write {}",
                        guess(&path.display().to_string())
                            .unwrap_or_else(|| "oci-archive:TAR for an archive".to_owned())
                    )),
                });
            }
            let files = Files::Folder(path.clone());
            layout::read(&files, &choice(name), &named).map(Image::Addressed)
        }
        Source::OciArchive { path, name } => {
            let index = TarIndex::read(archive(path, &named)?, &named)?;
            layout::read(&Files::Tar(index), &choice(name), &named).map(Image::Addressed)
        }
        Source::DockerArchive { path, name } => {
            let index = TarIndex::read(archive(path, &named)?, &named)?;
            saved::read(index, &choice(name), &named)
        }
        Source::Stdin => {
            let file = stream::spool(std::io::stdin().lock(), &named)?;
            either(file, &choice(&None), &named)
        }
        Source::DockerDaemon { .. } => Err(named.refused("it is read through the engine's socket")),
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
            hint: guess(&path.display().to_string()).map(|guess| format!("write {guess}")),
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

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn a_source_names_its_kind() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path().display().to_string();
        std::fs::write(folder.path().join("a:b"), "").expect("written");
        for (text, name) in [
            (format!("oci:{here}"), None),
            (format!("oci:{here}:v1"), Some("v1")),
            (format!("oci:{here}:app:v1"), Some("app:v1")),
            (format!("oci:{here}/a:b"), None),
            (format!("oci:{here}/a:b:sha256:00"), Some("sha256:00")),
            (format!("oci:{here}/none:v1"), None),
        ] {
            match text.parse::<Source>().expect(&text) {
                Source::OciFolder { name: found, .. } => {
                    assert_eq!(found.as_deref(), name, "{text}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
        assert_eq!("-".parse::<Source>().expect("stdin"), Source::Stdin);
        for wrong in ["", "oci:", "image.tar", "docker:x", "oci"] {
            let error = wrong.parse::<Source>().expect_err(wrong);
            assert!(
                error.hint().expect("a hint").starts_with("write "),
                "{wrong}"
            );
        }
    }
}
