//! `docker save`: one `manifest.json` that names configs and layers, in any of its three forms.
//!
//! Old engines write `<id>/layer.tar`, uncompressed; newer ones an OCI layout inside the same tar,
//! its layers uncompressed (classic image store) or compressed (containerd's). Only the last has
//! manifests worth keeping: those go out unchanged.

use std::io::Read;

use ecs_model::ImageRef;
use serde::Deserialize;

use super::entry::{CONFIG_LIMIT, platform_in};
use super::error::{Named, SourceError};
use super::files::Files;
use super::layout::{self, Choice};
use super::tar_index::TarIndex;
use super::text::Format;
use crate::content::Content;
use crate::digest::Digest;
use crate::document::{self, Document, MANIFEST_LIMIT};
use crate::image::{Graph, Image, Packing, Saved, SavedLayer};

/// More layers than any engine makes (Docker stops at 127).
const LAYER_LIMIT: usize = 1024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SavedImage {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Config {
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

/// Reads one image of a saved archive.
pub(crate) fn read(tar: TarIndex, choice: &Choice, named: &Named) -> Result<Image, SourceError> {
    if !tar.has("manifest.json") {
        let is_layout = tar.has("oci-layout");
        return Err(SourceError::NotAnImage {
            source_name: named.0.clone(),
            reason: "it has no manifest.json, as docker save writes it".to_owned(),
            hint: is_layout
                .then(|| format!("it is an OCI layout: use {}", Format::OciArchive.example())),
        });
    }
    let files = Files::Tar(tar);
    if let Some(graph) = as_layout(&files, choice, named)? {
        return Ok(Image::Addressed(graph));
    }
    let Files::Tar(tar) = &files else {
        return Err(named.not_an_image("it is not a tar archive"));
    };
    let saved = choose(images(&files, named)?, choice, named)?;
    let saved = assemble(tar, &files, &saved, named)?;
    match &choice.platform {
        Some(wanted) if !saved.platform.fits(wanted) => Err(SourceError::NoSuchPlatform {
            source_name: named.0.clone(),
            wanted: wanted.to_string(),
            have: vec![saved.platform.to_string()],
        }),
        _ => Ok(Image::Saved(saved)),
    }
}

fn images(files: &Files, named: &Named) -> Result<Vec<SavedImage>, SourceError> {
    let bytes = files
        .read("manifest.json", MANIFEST_LIMIT, named)?
        .unwrap_or_default();
    serde_json::from_slice(&bytes).map_err(|e| {
        named.not_an_image(format!("its manifest.json is not one of docker save: {e}"))
    })
}

fn choose(
    mut images: Vec<SavedImage>,
    choice: &Choice,
    named: &Named,
) -> Result<SavedImage, SourceError> {
    let tags = |image: &SavedImage| image.repo_tags.clone().unwrap_or_default();
    let choices: Vec<String> = images
        .iter()
        .map(|i| tags(i).first().unwrap_or(&i.config).clone())
        .collect();
    let found = match &choice.name {
        Some(wanted) => {
            let at = images.iter().position(|i| {
                i.config == *wanted || tags(i).iter().any(|tag| is_same_name(tag, wanted))
            });
            at.ok_or_else(|| SourceError::NoSuchImage {
                source_name: named.0.clone(),
                wanted: wanted.clone(),
                choices: choices.clone(),
            })?
        }
        None if images.len() == 1 => 0,
        None if images.is_empty() => {
            return Err(named.not_an_image("its manifest.json names no image"));
        }
        None => {
            return Err(SourceError::Ambiguous {
                source_name: named.0.clone(),
                example: format!(
                    "{}:{}",
                    named.0,
                    choices.first().cloned().unwrap_or_default()
                ),
                choices,
            });
        }
    };
    Ok(images.swap_remove(found))
}

/// Docker's short and long names for one image.
fn is_same_name(tag: &str, wanted: &str) -> bool {
    let long = |name: &str| name.parse::<ImageRef>().ok().map(|image| image.long_form());
    tag == wanted || long(tag).is_some_and(|tag| long(wanted) == Some(tag))
}

/// The layout inside, where it has one whose layers are all compressed.
fn as_layout(files: &Files, choice: &Choice, named: &Named) -> Result<Option<Graph>, SourceError> {
    if files.find("oci-layout", named)?.is_none() || files.find("index.json", named)?.is_none() {
        return Ok(None);
    }
    let choice = match &choice.name {
        Some(wanted) => {
            let index = layout::index(files, named)?;
            let names = index
                .manifests
                .iter()
                .filter_map(|m| m.annotations.as_ref());
            let full = names
                .filter_map(|a| a.get("io.containerd.image.name"))
                .find(|name| is_same_name(name, wanted));
            // Named only in manifest.json: then that is read instead.
            let Some(full) = full else { return Ok(None) };
            &Choice {
                name: Some(full.clone()),
                platform: choice.platform.clone(),
            }
        }
        None => choice,
    };
    let graph = layout::read(files, choice, named)?;
    let is_packed = graph.manifests.iter().all(|manifest| {
        let parsed = Document::parse(&manifest.bytes, Some(&manifest.media_type));
        match parsed {
            Ok((Document::Image(image), _)) => image
                .layers
                .iter()
                .all(|l| !document::is_uncompressed(&l.media_type)),
            _ => true,
        }
    });
    Ok(is_packed.then_some(graph))
}

fn assemble(
    tar: &TarIndex,
    files: &Files,
    saved: &SavedImage,
    named: &Named,
) -> Result<Saved, SourceError> {
    let config = files
        .read(&saved.config, CONFIG_LIMIT, named)?
        .ok_or_else(|| missing(named, "config", &saved.config))?;
    let config_digest = Digest::of(&config);
    check_name(&saved.config, &config_digest, named)?;
    let parsed: Config = serde_json::from_slice(&config).map_err(|e| {
        named.not_an_image(format!(
            "its config {} is not one of an image: {e}",
            saved.config
        ))
    })?;
    let platform = platform_in(&config)
        .ok_or_else(|| named.not_an_image("its config does not say os and architecture"))?;
    let diff_ids = parsed.rootfs.diff_ids;
    if diff_ids.len() != saved.layers.len() {
        return Err(named.not_an_image(format!(
            "its config names {} layers, and its manifest.json {}",
            diff_ids.len(),
            saved.layers.len()
        )));
    }
    if diff_ids.len() > LAYER_LIMIT {
        return Err(named.refused(format!("it has more than {LAYER_LIMIT} layers")));
    }
    let layers = diff_ids
        .iter()
        .zip(&saved.layers)
        .map(|(diff_id, path)| {
            let diff_id = diff_id.parse().map_err(named.digest("a diff_id"))?;
            let content = tar
                .find_through_link(path, named)?
                .ok_or_else(|| missing(named, "layer", path))?;
            Ok(SavedLayer {
                packing: packing(&content).map_err(|e| named.read(path, e))?,
                diff_id,
                content,
            })
        })
        .collect::<Result<_, SourceError>>()?;
    Ok(Saved {
        config,
        config_digest,
        platform,
        layers,
    })
}

fn missing(named: &Named, what: &str, path: &str) -> SourceError {
    named.not_an_image(format!(
        "its manifest.json names the {what} {path:?}, which it does not have"
    ))
}

/// A file named by its digest must have it.
fn check_name(path: &str, found: &Digest, named: &Named) -> Result<(), SourceError> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let hex = file.strip_suffix(".json").unwrap_or(file);
    match format!("sha256:{hex}").parse::<Digest>() {
        Ok(said) if said != *found => Err(SourceError::Mismatch {
            source_name: named.0.clone(),
            what: format!("the config {path}"),
            expected: "what its name says".to_owned(),
            found: found.to_string(),
        }),
        _ => Ok(()),
    }
}

fn packing(content: &Content) -> std::io::Result<Packing> {
    let mut first = Vec::with_capacity(4);
    content.open()?.take(4).read_to_end(&mut first)?;
    Ok(Packing::of(&first))
}
