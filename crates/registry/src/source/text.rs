//! Sources as text: parsed, printed, and guessed from a path.
//!
//! Decided here: the names of all kinds of sources. An image in an engine is not [`Readable`],
//! because the engine has to export it first.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::error::{SourceError, SourceName};
use super::tar_index::TarIndex;

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A source that [`super::open`] reads.
    Readable(Readable),
    /// `docker-daemon:NAME`: an image in a Docker engine, for [`super::from_daemon`].
    DockerDaemon { name: String },
}

/// A source whose bytes can be read directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readable {
    /// `FORMAT:PATH[:NAME]`: an image in a directory or an archive.
    At {
        format: Format,
        path: PathBuf,
        name: Option<String>,
    },
    /// `-`: a tar archive of either format on standard input.
    Stdin,
}

/// The formats of directories and archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A directory with an OCI layout.
    OciDirectory,
    /// A tar file with an OCI layout.
    OciArchive,
    /// The output of `docker save`.
    DockerArchive,
}

pub(super) const DOCKER_DAEMON: &str = "docker-daemon";

impl Format {
    const ALL: [Self; 3] = [Self::OciDirectory, Self::OciArchive, Self::DockerArchive];

    /// The prefix of the format, and its placeholder in help and hints.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::OciDirectory => ("oci", "DIR"),
            Self::OciArchive => ("oci-archive", "TAR"),
            Self::DockerArchive => ("docker-archive", "TAR"),
        }
    }

    /// The source of this format with a path.
    pub(super) fn at(self, path: impl fmt::Display) -> String {
        format!("{}:{path}", self.words().0)
    }

    /// For hints, e.g. `oci-archive:TAR`.
    pub(super) fn example(self) -> String {
        self.at(self.words().1)
    }
}

/// All kinds of sources, for help and hints.
pub fn source_kinds() -> String {
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
            write: guess.unwrap_or_else(source_kinds),
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

/// Splits a path from the name of an image, unless the whole text is the path of a file.
fn located(rest: &str) -> (PathBuf, Option<String>) {
    if !Path::new(rest).exists() {
        // Names contain colons, too (`app:v1`, `sha256:…`): the longest existing path wins.
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

/// Guesses the source that a path without a kind means.
pub(super) fn guess(text: &str) -> Option<String> {
    let path = Path::new(text);
    if path.join("oci-layout").exists() {
        return Some(Format::OciDirectory.at(text));
    }
    let index = TarIndex::read(
        Arc::new(File::open(path).ok()?),
        &SourceName(text.to_owned()),
    )
    .ok()?;
    if index.has("manifest.json") {
        Some(Format::DockerArchive.at(text))
    } else {
        index.has("oci-layout").then(|| Format::OciArchive.at(text))
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Readable, Source, source_kinds};

    #[test]
    fn a_source_starts_with_its_kind() {
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
                    format: Format::OciDirectory,
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
    fn each_kind_is_parsed_as_it_is_printed() {
        for kind in ["oci", "oci-archive", "docker-archive", "docker-daemon"] {
            let text = format!("{kind}:none");
            let source: Source = text.parse().expect(kind);
            assert_eq!(source.to_string(), text);
        }
        assert_eq!(
            source_kinds(),
            "oci:DIR, oci-archive:TAR, docker-archive:TAR, docker-daemon:NAME or -"
        );
    }
}
