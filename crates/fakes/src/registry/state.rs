//! What the registry remembers: repositories with their manifests and tags, blobs, and uploads that
//! are under way.

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
    /// Something was sent into it already.
    pub(super) begun: bool,
}

/// What the registry remembers.
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
    /// An ordinary registry: no authentication, repositories made by pushing, chunks kept.
    pub(super) plain: bool,
    pub(super) bearer: bool,
    pub(super) mounting: bool,
    /// Blobs are hashed and thrown away.
    pub(super) discard: bool,
}

#[derive(Default)]
pub(super) struct Repository {
    pub(super) blobs: BTreeSet<String>,
    pub(super) manifests: BTreeMap<String, Manifest>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) uploads_denied: bool,
}

/// A manifest as it came.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub media_type: String,
    pub bytes: Bytes,
    /// The digest of its `subject`, when it refers to another manifest.
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

    /// What a tag of a repository names now.
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
