//! Walks through a layout, from a manifest to everything that it refers to. Each document is read
//! once, and its digest and size are verified.

use std::collections::{HashMap, HashSet};

use super::entry::{CONFIG_LIMIT, Entry, Referrer, blob_path, platform_in};
use super::error::{SourceError, SourceName};
use super::files::Files;
use crate::content::Content;
use crate::digest::Digest;
use crate::document::MANIFEST_LIMIT;
use crate::document::{self, Descriptor, DescriptorMembers, Document, ImageIndex, ImageManifest};
use crate::error::with_causes;
use crate::image::{Blob, ImageGraph, Manifest};
use crate::platform::Platform;

/// The size limit of all manifests of one image together, in bytes.
const MANIFESTS_LIMIT: usize = 16 << 20;
/// More nested indexes than any tool creates.
const DEPTH_LIMIT: usize = 4;

const REF_NAME: &str = "org.opencontainers.image.ref.name";
const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// The empty config of artifacts, which some tools do not store.
const EMPTY_CONFIG: &[u8] = b"{}";

/// The documents read so far, and the order to send them in.
pub(super) struct Walk<'w> {
    files: &'w Files,
    source_name: &'w SourceName,
    loaded: HashMap<Digest, (Document, Manifest)>,
    order: Vec<Digest>,
    gathered: HashSet<Digest>,
    bytes: usize,
}

impl<'w> Walk<'w> {
    pub fn new(files: &'w Files, source_name: &'w SourceName) -> Self {
        Self {
            files,
            source_name,
            loaded: HashMap::new(),
            order: Vec::new(),
            gathered: HashSet::new(),
            bytes: 0,
        }
    }

    /// Separates the images in `index.json` from manifests that only refer to an image.
    pub fn split_roots(
        &mut self,
        index: &ImageIndex,
    ) -> Result<(Vec<Entry>, Vec<Referrer>), SourceError> {
        let (mut roots, mut referrers): (Vec<Entry>, Vec<Referrer>) = (Vec::new(), Vec::new());
        for named in &index.manifests {
            let entry = self.entry(named, "index.json")?;
            let document = &self.load(&entry.descriptor, "index.json")?.0;
            let subject = document.subject();
            if let (Document::Index(list), Some(subject)) = (document, entry.fallback_subject()) {
                let by = entry.descriptor.digest.to_string();
                for listed in list.manifests.clone() {
                    referrers.push(Referrer {
                        entry: self.entry(&listed, &by)?,
                        subject: subject.clone(),
                    });
                }
                continue;
            }
            if let Some(subject) = subject {
                referrers.push(Referrer { entry, subject });
                continue;
            }
            match roots
                .iter_mut()
                .find(|e| e.descriptor.digest == entry.descriptor.digest)
            {
                Some(known) => known.names.extend(entry.names),
                None => roots.push(entry),
            }
        }
        if roots.is_empty() {
            // If a layout contains only an artifact, the artifact is the image.
            roots.extend(referrers.drain(..).map(|referrer| referrer.entry));
        }
        Ok((roots, referrers))
    }

    fn entry(&self, named: &DescriptorMembers, by: &str) -> Result<Entry, SourceError> {
        let descriptor = document::descriptor(named, "a manifest").map_err(|e| self.bad(by, &e))?;
        Ok(Entry {
            descriptor,
            names: [REF_NAME, CONTAINERD_NAME]
                .into_iter()
                .filter_map(|name| named.annotations.get(name).cloned())
                .collect(),
            platform: named.platform(),
        })
    }

    /// Selects the manifest for a platform, if one is wanted.
    pub fn select_platform(
        &mut self,
        root: Entry,
        wanted: Option<&Platform>,
    ) -> Result<Entry, SourceError> {
        let Some(wanted) = wanted else {
            return Ok(root);
        };
        let no_such = |have: Vec<String>| SourceError::NoSuchPlatform {
            source_name: self.source_name.0.clone(),
            wanted: wanted.to_string(),
            have,
        };
        match &self.load(&root.descriptor, "index.json")?.0 {
            Document::Image(image) => {
                let image = image.clone();
                match self.platform_of(&image)? {
                    Some(has) if !has.satisfies(wanted) => Err(no_such(vec![has.to_string()])),
                    _ => Ok(root),
                }
            }
            Document::Index(index) => {
                let entries = index.manifests.clone();
                let mut have = Vec::new();
                for entry in &entries {
                    let entry = self.entry(entry, root.descriptor.digest.as_str())?;
                    match &entry.platform {
                        Some(platform) if platform.satisfies(wanted) => {
                            self.load(&entry.descriptor, root.descriptor.digest.as_str())?;
                            return Ok(entry);
                        }
                        // The platform of attestations is unknown/unknown.
                        Some(platform) if platform.os != "unknown" => {
                            have.push(platform.to_string());
                        }
                        _ => {}
                    }
                }
                Err(no_such(have))
            }
        }
    }

    fn platform_of(&self, image: &ImageManifest) -> Result<Option<Platform>, SourceError> {
        let config = document::descriptor(&image.config, "its config")
            .map_err(|e| self.bad("a manifest", &e))?;
        let name = blob_path(&config.digest);
        let Some(bytes) = self.files.read(&name, CONFIG_LIMIT, self.source_name)? else {
            return Ok(None);
        };
        Ok(platform_in(&bytes))
    }

    /// Adds a manifest, after everything that it refers to.
    pub fn gather(&mut self, entry: &Entry, by: &str, depth: usize) -> Result<(), SourceError> {
        if depth > DEPTH_LIMIT {
            return Err(self.source_name.refused(format!(
                "its indexes are nested more than {DEPTH_LIMIT} deep"
            )));
        }
        let digest = entry.descriptor.digest.clone();
        if self.gathered.contains(&digest) {
            return Ok(());
        }
        if let Document::Index(index) = &self.load(&entry.descriptor, by)?.0 {
            for child in index.manifests.clone() {
                let child = self.entry(&child, digest.as_str())?;
                self.gather(&child, digest.as_str(), depth + 1)?;
            }
        }
        if self.gathered.insert(digest.clone()) {
            self.order.push(digest);
        }
        Ok(())
    }

    /// Adds everything that refers to the manifests added so far, directly or indirectly.
    pub fn gather_referrers(&mut self, referrers: &[Referrer]) -> Result<(), SourceError> {
        loop {
            let before = self.order.len();
            for Referrer { entry, subject } in referrers {
                let digest = &entry.descriptor.digest;
                if !self.gathered.contains(subject) || self.gathered.contains(digest) {
                    continue;
                }
                self.gather(entry, "index.json", 0)?;
                // A registry lists it only if it knows the subject.
                if let Some((_, manifest)) = self.loaded.get_mut(digest) {
                    manifest.subject.get_or_insert_with(|| subject.clone());
                }
            }
            if self.order.len() == before {
                return Ok(());
            }
        }
    }

    /// Reads a manifest once, and verifies its digest and size.
    fn load(&mut self, named: &Descriptor, by: &str) -> Result<&(Document, Manifest), SourceError> {
        if !self.loaded.contains_key(&named.digest) {
            let bytes = self
                .files
                .read(&blob_path(&named.digest), MANIFEST_LIMIT, self.source_name)?
                .ok_or_else(|| self.missing(&named.digest, by, true))?;
            self.bytes += bytes.len();
            if self.bytes > MANIFESTS_LIMIT {
                return Err(self.source_name.refused(format!(
                    "its manifests have more than {MANIFESTS_LIMIT} bytes in total"
                )));
            }
            let found = Digest::of(&bytes);
            if found != named.digest {
                return Err(self.mismatch("manifest", &named.digest, &found));
            }
            let (document, media_type) = Document::parse(&bytes, Some(&named.media_type))
                .map_err(|e| self.bad(&format!("the manifest {}", named.digest), &e))?;
            let manifest = Manifest {
                digest: named.digest.clone(),
                media_type,
                bytes,
                references: document.references(),
                subject: document.subject(),
                artifact_type: document.artifact_type(),
            };
            self.loaded
                .insert(named.digest.clone(), (document, manifest));
        }
        // It was inserted above if it was missing.
        self.loaded
            .get(&named.digest)
            .ok_or_else(|| self.missing(&named.digest, by, true))
    }

    /// The graph of all added manifests and their blobs, whose sizes are verified.
    pub fn graph(mut self, root: Digest) -> Result<ImageGraph, SourceError> {
        let mut graph = ImageGraph {
            root,
            manifests: Vec::new(),
            blobs: Vec::new(),
        };
        let mut known = HashSet::new();
        for digest in std::mem::take(&mut self.order) {
            let Some((document, manifest)) = self.loaded.remove(&digest) else {
                continue;
            };
            if let Document::Image(image) = &document {
                for layer in &image.layers {
                    if self.is_elsewhere(layer)? {
                        continue;
                    }
                    let blob = self.blob(layer, "a layer", &digest, true)?;
                    graph.add_blob(&mut known, blob);
                }
                let config = self.blob(&image.config, "its config", &digest, false)?;
                graph.add_blob(&mut known, config);
            }
            graph.manifests.push(manifest);
        }
        Ok(graph)
    }

    /// Whether a layer is not in the source, but at a URL in its manifest.
    fn is_elsewhere(&self, layer: &DescriptorMembers) -> Result<bool, SourceError> {
        let Ok(digest) = layer.digest.parse() else {
            return Ok(false);
        };
        let name = blob_path(&digest);
        Ok(!layer.urls.is_empty() && self.files.find(&name, self.source_name)?.is_none())
    }

    fn blob(
        &self,
        named: &DescriptorMembers,
        what: &'static str,
        by: &Digest,
        is_layer: bool,
    ) -> Result<Blob, SourceError> {
        let descriptor = document::descriptor(named, what)
            .map_err(|e| self.bad(&format!("the manifest {by}"), &e))?;
        let content = match self
            .files
            .find(&blob_path(&descriptor.digest), self.source_name)?
        {
            Some(content) => content,
            None if descriptor.digest == Digest::of(EMPTY_CONFIG) => Content::bytes(EMPTY_CONFIG),
            None => return Err(self.missing(&descriptor.digest, by.as_str(), false)),
        };
        if content.len() != descriptor.size {
            return Err(SourceError::Mismatch {
                source_name: self.source_name.0.clone(),
                what: format!("the blob {}", descriptor.digest),
                expected: format!("have {} bytes (according to {by})", descriptor.size),
                found: format!("{} bytes", content.len()),
            });
        }
        Ok(Blob {
            descriptor,
            content,
            is_layer,
        })
    }

    fn missing(&self, digest: &Digest, by: &str, is_manifest: bool) -> SourceError {
        SourceError::MissingBlob {
            source_name: self.source_name.0.clone(),
            digest: digest.clone(),
            named_by: by.to_owned(),
            hint: is_manifest.then(|| {
                "perhaps only some platforms of the image were saved: use --platform \
                 OS/ARCHITECTURE to push one of them"
                    .to_owned()
            }),
        }
    }

    fn mismatch(&self, what: &str, expected: &Digest, found: &Digest) -> SourceError {
        SourceError::Mismatch {
            source_name: self.source_name.0.clone(),
            what: format!("the {what} stored as {expected}"),
            expected: "match its name".to_owned(),
            found: format!("the digest {found}"),
        }
    }

    fn bad(&self, what: &str, error: &document::DocumentError) -> SourceError {
        self.source_name
            .not_an_image(format!("{what}: {}", with_causes(error)))
    }
}
