//! Archives of `docker save`: a `manifest.json` that refers to configs and layers, in one of three
//! formats.
//!
//! Old engines write uncompressed layers as `<id>/layer.tar`. Newer ones write an OCI layout into
//! the same archive, with uncompressed layers (classic image store) or compressed ones
//! (containerd's store). Only the last format has manifests that can be pushed, and these are
//! pushed unchanged.

use std::io::Read;

use ecs_model::ImageRef;
use serde::Deserialize;

use super::entry::{CONFIG_LIMIT, platform_in};
use super::error::{SourceError, SourceName};
use super::files::Files;
use super::layout::{self, ImageChoice};
use super::tar_index::TarIndex;
use super::text::Format;
use crate::content::Content;
use crate::digest::Digest;
use crate::document::{Document, MANIFEST_LIMIT, null_as_empty};
use crate::image::{CompressionFormat, Image, ImageGraph, SavedImage, SavedLayer};
use crate::media_type;

/// More layers than any engine supports (the limit of Docker is 127).
const LAYER_LIMIT: usize = 1024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ArchiveEntry {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Config {
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "null_as_empty")]
    diff_ids: Vec<String>,
}

/// Reads one image of an archive.
pub(crate) fn read(
    tar: TarIndex,
    choice: &ImageChoice,
    source_name: &SourceName,
) -> Result<Image, SourceError> {
    if !tar.has("manifest.json") {
        let is_layout = tar.has("oci-layout");
        return Err(SourceError::NotAnImage {
            source_name: source_name.0.clone(),
            reason: "it has no manifest.json, which `docker save` writes".to_owned(),
            hint: is_layout
                .then(|| format!("it is an OCI layout: use {}", Format::OciArchive.example())),
        });
    }
    let files = Files::Tar(tar);
    if let Some(graph) = as_layout(&files, choice, source_name)? {
        return Ok(Image::Addressed(graph));
    }
    let Files::Tar(tar) = &files else {
        return Err(source_name.not_an_image("it is not a tar archive"));
    };
    let saved = choose(images(&files, source_name)?, choice, source_name)?;
    let saved = assemble(tar, &files, &saved, source_name)?;
    match &choice.platform {
        Some(wanted) if !saved.platform.satisfies(wanted) => Err(SourceError::NoSuchPlatform {
            source_name: source_name.0.clone(),
            wanted: wanted.to_string(),
            have: vec![saved.platform.to_string()],
        }),
        _ => Ok(Image::Saved(saved)),
    }
}

fn images(files: &Files, source_name: &SourceName) -> Result<Vec<ArchiveEntry>, SourceError> {
    let bytes = files
        .read("manifest.json", MANIFEST_LIMIT, source_name)?
        .unwrap_or_default();
    serde_json::from_slice(&bytes)
        .map_err(|e| source_name.not_an_image(format!("its manifest.json is invalid: {e}")))
}

fn choose(
    mut images: Vec<ArchiveEntry>,
    choice: &ImageChoice,
    source_name: &SourceName,
) -> Result<ArchiveEntry, SourceError> {
    let tags = |image: &ArchiveEntry| image.repo_tags.clone().unwrap_or_default();
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
                source_name: source_name.0.clone(),
                wanted: wanted.clone(),
                choices: choices.clone(),
            })?
        }
        None if images.len() == 1 => 0,
        None if images.is_empty() => {
            return Err(source_name.not_an_image("its manifest.json lists no image"));
        }
        None => {
            return Err(SourceError::Ambiguous {
                source_name: source_name.0.clone(),
                example: format!(
                    "{}:{}",
                    source_name.0,
                    choices.first().cloned().unwrap_or_default()
                ),
                choices,
            });
        }
    };
    Ok(images.swap_remove(found))
}

/// Compares names of images, in Docker's short or long form.
fn is_same_name(tag: &str, wanted: &str) -> bool {
    let long = |name: &str| name.parse::<ImageRef>().ok().map(|image| image.long_form());
    tag == wanted || long(tag).is_some_and(|tag| long(wanted) == Some(tag))
}

/// The layout in the archive, if all its layers are compressed.
fn as_layout(
    files: &Files,
    choice: &ImageChoice,
    source_name: &SourceName,
) -> Result<Option<ImageGraph>, SourceError> {
    if files.find("oci-layout", source_name)?.is_none()
        || files.find("index.json", source_name)?.is_none()
    {
        return Ok(None);
    }
    let choice = match &choice.name {
        Some(wanted) => {
            let index = layout::index(files, source_name)?;
            let names = index.manifests.iter().map(|m| &m.annotations);
            let full = names
                .filter_map(|a| a.get("io.containerd.image.name"))
                .find(|name| is_same_name(name, wanted));
            // Only manifest.json has this name, so read that.
            let Some(full) = full else { return Ok(None) };
            &ImageChoice {
                name: Some(full.clone()),
                platform: choice.platform.clone(),
            }
        }
        None => choice,
    };
    let graph = layout::read(files, choice, source_name)?;
    let is_packed = graph.manifests.iter().all(|manifest| {
        let parsed = Document::parse(&manifest.bytes, Some(&manifest.media_type));
        match parsed {
            Ok((Document::Image(image), _)) => image
                .layers
                .iter()
                .all(|l| !media_type::is_uncompressed(&l.media_type)),
            _ => true,
        }
    });
    Ok(is_packed.then_some(graph))
}

fn assemble(
    tar: &TarIndex,
    files: &Files,
    saved: &ArchiveEntry,
    source_name: &SourceName,
) -> Result<SavedImage, SourceError> {
    let config = files
        .read(&saved.config, CONFIG_LIMIT, source_name)?
        .ok_or_else(|| missing(source_name, "config", &saved.config))?;
    let config_digest = Digest::of(&config);
    check_name(&saved.config, &config_digest, source_name)?;
    let parsed: Config = serde_json::from_slice(&config).map_err(|e| {
        source_name.not_an_image(format!(
            "its config {} is not the config of an image: {e}",
            saved.config
        ))
    })?;
    let platform = platform_in(&config)
        .ok_or_else(|| source_name.not_an_image("its config has no os and architecture"))?;
    let diff_ids = parsed.rootfs.diff_ids;
    if diff_ids.len() != saved.layers.len() {
        return Err(source_name.not_an_image(format!(
            "its config has {} layers, but its manifest.json has {}",
            diff_ids.len(),
            saved.layers.len()
        )));
    }
    if diff_ids.len() > LAYER_LIMIT {
        return Err(source_name.refused(format!("it has more than {LAYER_LIMIT} layers")));
    }
    let layers = diff_ids
        .iter()
        .zip(&saved.layers)
        .map(|(diff_id, path)| {
            let diff_id = diff_id.parse().map_err(source_name.digest("a diff_id"))?;
            let content = tar
                .find_through_link(path, source_name)?
                .ok_or_else(|| missing(source_name, "layer", path))?;
            Ok(SavedLayer {
                format: format(&content).map_err(|e| source_name.read(path, e))?,
                diff_id,
                content,
            })
        })
        .collect::<Result<_, SourceError>>()?;
    Ok(SavedImage {
        config,
        config_digest,
        platform,
        layers,
    })
}

fn missing(source_name: &SourceName, what: &str, path: &str) -> SourceError {
    source_name.not_an_image(format!(
        "it does not contain the {what} {path:?}, which its manifest.json refers to"
    ))
}

/// A file whose name is a digest must have that digest.
fn check_name(path: &str, found: &Digest, source_name: &SourceName) -> Result<(), SourceError> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let hex = file.strip_suffix(".json").unwrap_or(file);
    match format!("sha256:{hex}").parse::<Digest>() {
        Ok(expected) if expected != *found => Err(SourceError::Mismatch {
            source_name: source_name.0.clone(),
            what: format!("the config {path}"),
            expected: "match its name".to_owned(),
            found: format!("the digest {found}"),
        }),
        _ => Ok(()),
    }
}

fn format(content: &Content) -> std::io::Result<CompressionFormat> {
    let mut first = Vec::with_capacity(4);
    content.open()?.take(4).read_to_end(&mut first)?;
    Ok(CompressionFormat::of(&first))
}
