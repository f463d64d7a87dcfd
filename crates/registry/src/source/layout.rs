//! OCI image layouts: from `index.json` to every manifest and blob of one image.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::error::{SourceError, SourceName};
use super::files::Files;
use super::text::Format;
use super::walk::Walk;
use crate::document::{Document, ImageIndex, MANIFEST_LIMIT};
use crate::error::with_causes;
use crate::image::ImageGraph;
use crate::platform::Platform;

/// Which image of a source to read.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImageChoice {
    /// A name or a digest, if the source has several images.
    pub name: Option<String>,
    pub platform: Option<Platform>,
}

/// Reads one image of a layout.
pub(crate) fn read(
    files: &Files,
    choice: &ImageChoice,
    source_name: &SourceName,
) -> Result<ImageGraph, SourceError> {
    let index = index(files, source_name)?;
    let mut walk = Walk::new(files, source_name);
    let (roots, referrers) = walk.split_roots(&index)?;
    let root = choose(&roots, choice, source_name)?;
    let root = walk.select_platform(root, choice.platform.as_ref())?;
    walk.gather(&root, "index.json", 0)?;
    walk.gather_referrers(&referrers)?;
    walk.graph(root.descriptor.digest)
}

/// Reads `index.json`.
pub(crate) fn index(files: &Files, source_name: &SourceName) -> Result<ImageIndex, SourceError> {
    let has = |name| files.read(name, MANIFEST_LIMIT, source_name);
    let Some(marker) = has("oci-layout")? else {
        let is_saved = has("manifest.json")?.is_some();
        return Err(SourceError::NotAnImage {
            source_name: source_name.0.clone(),
            reason: "it has no file oci-layout".to_owned(),
            hint: is_saved.then(|| {
                let use_instead = Format::DockerArchive.example();
                format!("it contains the manifest.json of `docker save`: use {use_instead}")
            }),
        });
    };
    let version = serde_json::from_slice::<BTreeMap<String, String>>(&marker)
        .ok()
        .and_then(|m| m.get("imageLayoutVersion").cloned());
    match version {
        Some(version) if version.starts_with("1.") => {}
        Some(version) => {
            return Err(source_name.not_an_image(format!(
                "its layout version is {version:?}, but only 1.0.0 is supported"
            )));
        }
        None => {
            return Err(source_name.not_an_image("its oci-layout has no imageLayoutVersion"));
        }
    }
    let bytes = has("index.json")?
        .ok_or_else(|| source_name.not_an_image("it has an oci-layout file but no index.json"))?;
    match Document::parse_layout_index(&bytes) {
        Ok(Document::Index(index)) => Ok(index),
        Ok(Document::Image(_)) => {
            Err(source_name.not_an_image("its index.json is a manifest and not an index"))
        }
        Err(error) => Err(source_name.not_an_image(format!("index.json: {}", with_causes(&error)))),
    }
}

fn choose(
    roots: &[Entry],
    choice: &ImageChoice,
    source_name: &SourceName,
) -> Result<Entry, SourceError> {
    let names = || roots.iter().map(shown).collect::<Vec<_>>();
    if let Some(wanted) = &choice.name {
        return roots
            .iter()
            .find(|e| e.descriptor.digest.as_str() == wanted || e.names.contains(wanted))
            .cloned()
            .ok_or_else(|| SourceError::NoSuchImage {
                source_name: source_name.0.clone(),
                wanted: wanted.clone(),
                choices: names(),
            });
    }
    let fits: Vec<&Entry> = match &choice.platform {
        Some(wanted) if roots.len() > 1 => roots
            .iter()
            .filter(|e| e.platform.as_ref().is_some_and(|p| p.satisfies(wanted)))
            .collect(),
        _ => roots.iter().collect(),
    };
    match fits.as_slice() {
        [one] => Ok((*one).clone()),
        [] if roots.is_empty() => Err(source_name.not_an_image("its index.json lists no image")),
        _ => Err(SourceError::Ambiguous {
            source_name: source_name.0.clone(),
            choices: names(),
            example: format!(
                "{}:{}",
                source_name.0,
                names().first().cloned().unwrap_or_default()
            ),
        }),
    }
}

fn shown(entry: &Entry) -> String {
    match entry.names.first() {
        Some(name) => name.clone(),
        None => entry.descriptor.digest.to_string(),
    }
}
