//! Walks through a layout, from a manifest to everything that it refers to. Each document is read
//! once, and its digest and size are verified.

use std::collections::{HashMap, HashSet};

use oci_client::manifest::{ImageIndexEntry, OciDescriptor, OciImageIndex, OciImageManifest};

use super::entry::{CONFIG_LIMIT, Entry, blob_path, platform_in};
use super::error::{SourceError, SourceName};
use super::files::Files;
use crate::content::Content;
use crate::digest::Digest;
use crate::document::{self, Descriptor, Document, MANIFEST_LIMIT};
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
    pub fn sort(&mut self, index: &OciImageIndex) -> Result<(Vec<Entry>, Vec<Entry>), SourceError> {
        let (mut roots, mut referrers): (Vec<Entry>, Vec<Entry>) = (Vec::new(), Vec::new());
        for named in &index.manifests {
            let entry = self.entry(named, "index.json")?;
            self.load(&entry.descriptor, "index.json")?;
            let is_referrer = self.subject(&entry.descriptor.digest).is_some();
            let list = if is_referrer {
                &mut referrers
            } else {
                &mut roots
            };
            match list
                .iter_mut()
                .find(|e| e.descriptor.digest == entry.descriptor.digest)
            {
                Some(known) => known.names.extend(entry.names),
                None => list.push(entry),
            }
        }
        if roots.is_empty() {
            // If a layout contains only an artifact, the artifact is the image.
            std::mem::swap(&mut roots, &mut referrers);
        }
        Ok((roots, referrers))
    }

    fn entry(&self, entry: &ImageIndexEntry, where_: &str) -> Result<Entry, SourceError> {
        let descriptor = document::entry(entry).map_err(|e| self.bad(where_, &e))?;
        let annotation = |name: &str| entry.annotations.as_ref()?.get(name).cloned();
        Ok(Entry {
            descriptor,
            names: [REF_NAME, CONTAINERD_NAME]
                .into_iter()
                .filter_map(annotation)
                .collect(),
            platform: entry.platform.as_ref().map(|p| Platform {
                os: p.os.to_string(),
                architecture: p.architecture.to_string(),
                variant: p.variant.clone(),
            }),
        })
    }

    /// Selects the manifest for a platform, if one is wanted.
    pub fn narrow(&mut self, root: Entry, wanted: Option<&Platform>) -> Result<Entry, SourceError> {
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

    fn platform_of(&self, image: &OciImageManifest) -> Result<Option<Platform>, SourceError> {
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
    pub fn gather_referrers(&mut self, referrers: &[Entry]) -> Result<(), SourceError> {
        loop {
            let before = self.order.len();
            for entry in referrers {
                let subject = self.subject(&entry.descriptor.digest);
                if subject.is_some_and(|s| self.gathered.contains(&s)) {
                    self.gather(entry, "index.json", 0)?;
                }
            }
            if self.order.len() == before {
                return Ok(());
            }
        }
    }

    fn subject(&self, digest: &Digest) -> Option<Digest> {
        self.loaded.get(digest)?.1.subject.clone()
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
            let (subject, artifact_type) = match &document {
                Document::Image(image) => (
                    image.subject.as_ref().and_then(|s| s.digest.parse().ok()),
                    image
                        .artifact_type
                        .clone()
                        .or_else(|| Some(image.config.media_type.clone())),
                ),
                Document::Index(index) => (None, index.artifact_type.clone()),
            };
            let manifest = Manifest {
                digest: named.digest.clone(),
                media_type,
                bytes,
                references: document.references(),
                subject,
                artifact_type,
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
                for layer in image.layers.iter().filter(|l| !document::is_foreign(l)) {
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

    fn blob(
        &self,
        named: &OciDescriptor,
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
