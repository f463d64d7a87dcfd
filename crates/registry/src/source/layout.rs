//! OCI image layouts: from `index.json` to every manifest and blob that belongs to one image.

use std::collections::BTreeMap;

use oci_client::manifest::OciImageIndex;

use super::entry::Entry;
use super::error::{Named, SourceError};
use super::files::Files;
use super::text::Format;
use super::walk::Walk;
use crate::document::{Document, MANIFEST_LIMIT};
use crate::error::in_full;
use crate::image::Graph;
use crate::platform::Platform;

/// Which image of a layout.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    /// A name or a digest, where the layout holds several.
    pub name: Option<String>,
    pub platform: Option<Platform>,
}

/// Reads one image of a layout.
pub(crate) fn read(files: &Files, choice: &Choice, named: &Named) -> Result<Graph, SourceError> {
    let index = index(files, named)?;
    let mut walk = Walk::new(files, named);
    let (roots, referrers) = walk.sort(&index)?;
    let root = choose(&roots, choice, named)?;
    let root = walk.narrow(root, choice.platform.as_ref())?;
    walk.gather(&root, "index.json", 0)?;
    walk.gather_referrers(&referrers)?;
    walk.graph(root.descriptor.digest)
}

/// Reads `index.json` of something that says it is a layout.
pub(crate) fn index(files: &Files, named: &Named) -> Result<OciImageIndex, SourceError> {
    let has = |name| files.read(name, MANIFEST_LIMIT, named);
    let Some(marker) = has("oci-layout")? else {
        let is_saved = has("manifest.json")?.is_some();
        return Err(SourceError::NotAnImage {
            source_name: named.0.clone(),
            reason: "it has no file oci-layout".to_owned(),
            hint: is_saved.then(|| {
                let use_instead = Format::DockerArchive.example();
                format!("it has a manifest.json, as `docker save` writes it: use {use_instead}")
            }),
        });
    };
    let version = serde_json::from_slice::<BTreeMap<String, String>>(&marker)
        .ok()
        .and_then(|m| m.get("imageLayoutVersion").cloned());
    match version {
        Some(version) if version.starts_with("1.") => {}
        Some(version) => {
            return Err(named.not_an_image(format!(
                "its layout version is {version:?}, and 1.0.0 is supported"
            )));
        }
        None => return Err(named.not_an_image("its oci-layout does not say imageLayoutVersion")),
    }
    let bytes = has("index.json")?
        .ok_or_else(|| named.not_an_image("it has an oci-layout file and no index.json"))?;
    match Document::parse(&bytes, None) {
        Ok((Document::Index(index), _)) => Ok(index),
        Ok((Document::Image(_), _)) => {
            Err(named.not_an_image("its index.json is a manifest and not an index"))
        }
        Err(error) => Err(named.not_an_image(format!("index.json: {}", in_full(&error)))),
    }
}

fn choose(roots: &[Entry], choice: &Choice, named: &Named) -> Result<Entry, SourceError> {
    let names = || roots.iter().map(shown).collect::<Vec<_>>();
    if let Some(wanted) = &choice.name {
        return roots
            .iter()
            .find(|e| e.descriptor.digest.as_str() == wanted || e.names.contains(wanted))
            .cloned()
            .ok_or_else(|| SourceError::NoSuchImage {
                source_name: named.0.clone(),
                wanted: wanted.clone(),
                choices: names(),
            });
    }
    let fits: Vec<&Entry> = match &choice.platform {
        Some(wanted) if roots.len() > 1 => roots
            .iter()
            .filter(|e| e.platform.as_ref().is_some_and(|p| p.fits(wanted)))
            .collect(),
        _ => roots.iter().collect(),
    };
    match fits.as_slice() {
        [one] => Ok((*one).clone()),
        [] if roots.is_empty() => Err(named.not_an_image("its index.json names no image")),
        _ => Err(SourceError::Ambiguous {
            source_name: named.0.clone(),
            choices: names(),
            example: format!(
                "{}:{}",
                named.0,
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
