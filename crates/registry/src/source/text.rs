//! A source as a person writes it: parsed, shown, and guessed from a path without a kind.
//!
//! Each kind is spelled once, here. An image in an engine is not [`Readable`], since its engine
//! must write it out first.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::error::{Named, SourceError};
use super::tar_index::TarIndex;

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// What [`super::open`] reads.
    Readable(Readable),
    /// `docker-daemon:NAME`, an image in a Docker engine, which [`super::from_daemon`] reads.
    DockerDaemon { name: String },
}

/// A source whose bytes can be read as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readable {
    /// `FORMAT:PATH[:NAME]`, an image in a folder or an archive.
    At {
        format: Format,
        path: PathBuf,
        name: Option<String>,
    },
    /// `-`, a tar of either kind on standard input.
    Stdin,
}

/// How images lie in a folder or an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An OCI layout in a folder.
    OciFolder,
    /// An OCI layout in a tar.
    OciArchive,
    /// What `docker save` writes.
    DockerArchive,
}

pub(super) const DOCKER_DAEMON: &str = "docker-daemon";

impl Format {
    const ALL: [Self; 3] = [Self::OciFolder, Self::OciArchive, Self::DockerArchive];

    /// What stands before the colon, and what stands for the path in help and hints.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::OciFolder => ("oci", "DIR"),
            Self::OciArchive => ("oci-archive", "TAR"),
            Self::DockerArchive => ("docker-archive", "TAR"),
        }
    }

    /// The source of this format at a path.
    pub(super) fn at(self, path: impl fmt::Display) -> String {
        format!("{}:{path}", self.words().0)
    }

    /// For hints, e.g. `oci-archive:TAR`.
    pub(super) fn example(self) -> String {
        self.at(self.words().1)
    }
}

/// All that a source may be, for help and hints.
pub fn kinds() -> String {
    let formats: Vec<String> = Format::ALL.into_iter().map(Format::example).collect();
    format!("{}, {DOCKER_DAEMON}:NAME or -", formats.join(", "))
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if text == "-" {
            return Ok(Self::Readable(Readable::Stdin));
        }
        let (kind, rest) = text.split_once(':').unwrap_or(("", text));
        let unnamed = |guess: Option<String>| SourceError::Kind {
            given: text.to_owned(),
            write: guess.unwrap_or_else(kinds),
        };
        if rest.is_empty() {
            return Err(unnamed(None));
        }
        if kind == DOCKER_DAEMON {
            return Ok(Self::DockerDaemon {
                name: rest.to_owned(),
            });
        }
        let format = Format::ALL.into_iter().find(|f| f.words().0 == kind);
        let format = format.ok_or_else(|| unnamed(guess(text)))?;
        let (path, name) = located(rest);
        Ok(Self::Readable(Readable::At { format, path, name }))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Readable(readable) => readable.fmt(f),
            Self::DockerDaemon { name } => write!(f, "{DOCKER_DAEMON}:{name}"),
        }
    }
}

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { format, path, .. } => f.write_str(&format.at(path.display())),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

/// A path, and after a colon the name of an image in it, unless the whole is the path of a file.
fn located(rest: &str) -> (PathBuf, Option<String>) {
    if !Path::new(rest).exists() {
        // A name has a colon itself (`app:v1`, `sha256:…`): the longest path that exists wins.
        let splits = rest.char_indices().rev().filter(|(_, c)| *c == ':');
        for (at, _) in splits {
            let (path, name) = (&rest[..at], &rest[at + 1..]);
            if !name.is_empty() && Path::new(path).exists() {
                return (PathBuf::from(path), Some(name.to_owned()));
            }
        }
    }
    (PathBuf::from(rest), None)
}

/// What a text without a kind may mean.
pub(super) fn guess(text: &str) -> Option<String> {
    let path = Path::new(text);
    if path.join("oci-layout").exists() {
        return Some(Format::OciFolder.at(text));
    }
    let index = TarIndex::read(Arc::new(File::open(path).ok()?), &Named(text.to_owned())).ok()?;
    if index.has("manifest.json") {
        Some(Format::DockerArchive.at(text))
    } else {
        index.has("oci-layout").then(|| Format::OciArchive.at(text))
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Readable, Source, kinds};

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
                Source::Readable(Readable::At {
                    format: Format::OciFolder,
                    name: found,
                    ..
                }) => {
                    assert_eq!(found.as_deref(), name, "{text}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
        let stdin = Source::Readable(Readable::Stdin);
        assert_eq!("-".parse::<Source>().expect("stdin"), stdin);
        for wrong in ["", "oci:", "image.tar", "docker:x", "oci"] {
            let error = wrong.parse::<Source>().expect_err(wrong);
            assert!(
                error.hint().expect("a hint").starts_with("write "),
                "{wrong}"
            );
        }
    }

    #[test]
    fn each_kind_is_read_as_it_is_shown() {
        for kind in ["oci", "oci-archive", "docker-archive", "docker-daemon"] {
            let text = format!("{kind}:none");
            let source: Source = text.parse().expect(kind);
            assert_eq!(source.to_string(), text);
        }
        assert_eq!(
            kinds(),
            "oci:DIR, oci-archive:TAR, docker-archive:TAR, docker-daemon:NAME or -"
        );
    }
}
