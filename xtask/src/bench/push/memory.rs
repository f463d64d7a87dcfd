//! Checks that memory stays constant if a layer grows from 40 MB to 4 GB.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::contenders::Scene;
use super::{Bound, Contender, image, once, peak};

const SMALL: u64 = 40_000_000;
const LARGE: u64 = 4_000_000_000;

/// How much more a large layer may use than a small one: only the allocator's noise.
const FLAT: f64 = 1.15;

pub fn bounds(scene: &Scene) -> Result<Vec<Bound>, String> {
    let mut bounds = Vec::new();
    println!();
    for (kind, most) in [("oci", 32.0), ("docker-archive", 64.0)] {
        let small = peak_of(scene, kind, SMALL)?;
        let large = peak_of(scene, kind, LARGE)?;
        println!(
            "{kind}: peak {small:.1} MiB with a layer of 40 MB, {large:.1} MiB with one of 4 GB"
        );
        bounds.push(Bound {
            what: format!("{kind}, peak MiB with a layer of 4 GB"),
            figure: large,
            at_most: most,
        });
        bounds.push(Bound {
            what: format!("{kind}, peak with 4 GB by peak with 40 MB"),
            figure: large / small,
            at_most: FLAT,
        });
    }
    Ok(bounds)
}

fn peak_of(scene: &Scene, kind: &str, size: u64) -> Result<f64, String> {
    let folder = scene.scratch.join(format!("large-{kind}-{size}"));
    let source = make(&folder, kind, size).map_err(|e| format!("{}: {e}", folder.display()))?;
    let source = format!("{kind}:{}", source.display());
    let contender = Contender {
        name: kind,
        prepare: Box::new(|| Ok(())),
        command: Box::new(|| scene.ours(&source, &scene.registry, "large", &[])),
    };
    let cleared = || scene.registry.wipe().map_err(|e| e.to_string());
    cleared()?;
    let run = once(&contender)?;
    cleared()?;
    std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    Ok(peak(&run))
}

/// An image with one layer of this size in bytes, all zeros. In a layout the file is sparse.
fn make(folder: &Path, kind: &str, size: u64) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let layer = folder.join("layer");
    File::create(&layer)?.set_len(size)?;
    if kind == "docker-archive" {
        let archive = folder.join("saved.tar");
        image::save(&archive, &[layer])?;
        return Ok(archive);
    }
    layout(folder, &layer, size)?;
    Ok(folder.to_owned())
}

/// A layout that uses the file as its layer.
fn layout(folder: &Path, layer: &Path, size: u64) -> std::io::Result<()> {
    let blobs = folder.join("blobs/sha256");
    std::fs::create_dir_all(&blobs)?;
    let diff_id = image::digest(layer)?;
    std::fs::rename(layer, blobs.join(&diff_id[7..]))?;
    let blob = |name: &str, text: String| -> std::io::Result<serde_json::Value> {
        let path = folder.join(name);
        std::fs::write(&path, &text)?;
        let digest = image::digest(&path)?;
        std::fs::rename(&path, blobs.join(&digest[7..]))?;
        let media_type = format!("application/vnd.oci.image.{name}.v1+json");
        Ok(json!({"mediaType": media_type, "digest": digest, "size": text.len()}))
    };
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    });
    let manifest = json!({
        "schemaVersion": 2,
        "config": blob("config", config.to_string())?,
        "layers": [{
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": diff_id,
            "size": size,
        }],
    });
    let index = json!({
        "schemaVersion": 2,
        "manifests": [blob("manifest", manifest.to_string())?],
    });
    std::fs::write(folder.join("index.json"), index.to_string())?;
    std::fs::write(
        folder.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )
}
