//! The state of the registry: repositories with their manifests and tags, blobs, and uploads that
//! are in progress.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bytes::Bytes;
use sha2::Sha256;

/// A session that POST opened.
pub(crate) struct Upload {
    pub(super) repository: String,
    pub(super) hasher: Sha256,
    pub(super) length: u64,
    pub(super) path: Option<PathBuf>,
    /// Whether it has received any bytes.
    pub(super) begun: bool,
}

/// The state of the registry.
pub(crate) struct State {
    pub(super) folder: PathBuf,
    pub(super) repositories: BTreeMap<String, Repository>,
    pub(super) blobs: BTreeMap<String, Blob>,
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) options: Options,
    pub(crate) passwords: Vec<(String, jiff::Timestamp)>,
    pub(super) bearers: BTreeSet<String>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Options {
    /// Whether it is an ordinary registry: no authentication, repositories created by pushing, chunks kept.
    pub(super) plain: bool,
    pub(super) bearer: bool,
    pub(super) mounting: bool,
    /// Whether blobs are hashed and discarded.
    pub(super) discard: bool,
}

#[derive(Default)]
pub(super) struct Repository {
    pub(super) blobs: BTreeSet<String>,
    pub(super) manifests: BTreeMap<String, Manifest>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) uploads_denied: bool,
}

/// A manifest as it was received.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub media_type: String,
    pub bytes: Bytes,
    /// The digest of its `subject`, if it refers to another manifest.
    pub subject: Option<String>,
    pub(crate) pushed: jiff::Timestamp,
}

#[derive(Clone)]
pub(super) struct Blob {
    pub(super) length: u64,
    /// `None`: discarded.
    pub(super) path: Option<PathBuf>,
}

impl State {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            repositories: BTreeMap::new(),
            blobs: BTreeMap::new(),
            uploads: BTreeMap::new(),
            options: Options::default(),
            passwords: Vec::new(),
            bearers: BTreeSet::new(),
        }
    }

    /// A repository's blobs with their lengths.
    pub(crate) fn linked(&self, repository: &str) -> BTreeMap<&str, u64> {
        let repository = self.repositories.get(repository);
        let digests = repository.into_iter().flat_map(|r| &r.blobs);
        digests
            .filter_map(|digest| Some((digest.as_str(), self.blobs.get(digest)?.length)))
            .collect()
    }

    /// The digest that a tag of a repository has now.
    pub(crate) fn digest_of_tag(&self, repository: &str, tag: &str) -> Option<String> {
        self.repositories.get(repository)?.tags.get(tag).cloned()
    }

    /// A repository's manifests with their tags.
    pub(crate) fn images(&self, repository: &str) -> Vec<(String, Manifest, Vec<String>)> {
        let Some(repository) = self.repositories.get(repository) else {
            return Vec::new();
        };
        repository
            .manifests
            .iter()
            .map(|(digest, manifest)| {
                let tags = repository.tags.iter();
                let tags = tags.filter(|(_, of)| *of == digest);
                let tags = tags.map(|(tag, _)| tag.clone()).collect();
                (digest.clone(), manifest.clone(), tags)
            })
            .collect()
    }
}
