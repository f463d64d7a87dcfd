//! Images and the findings of their scans.

use serde_json::{Value, json};

use super::lookup::{named, page};
use super::scan::{Finding, Scan};
use crate::clock::epoch_seconds;
use crate::registry::Manifest;
use crate::wire::ApiError;
use crate::world::World;

type Image = (String, Manifest, Vec<String>);

fn image_not_found(world: &World, repository: &str, id: &Value) -> ApiError {
    let digest = id["imageDigest"].as_str().unwrap_or("null");
    let tag = id["imageTag"].as_str().unwrap_or("null");
    ApiError::new(
        "ImageNotFoundException",
        format!(
            "The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist \
             within the repository with name '{repository}' in the registry with id '{}'",
            world.account
        ),
    )
}

fn fits(image: &Image, id: &Value) -> bool {
    let (digest, _, tags) = image;
    let by_digest = id["imageDigest"]
        .as_str()
        .is_none_or(|wanted| wanted == digest);
    let by_tag = id["imageTag"]
        .as_str()
        .is_none_or(|wanted| tags.iter().any(|tag| tag == wanted));
    by_digest && by_tag && (id["imageDigest"].is_string() || id["imageTag"].is_string())
}

pub(crate) fn describe(world: &World, body: &Value) -> Result<Value, ApiError> {
    let (name, _) = named(world, body)?;
    let images = world.registry.images(&name);
    let chosen: Vec<&Image> = match body["imageIds"].as_array() {
        None => images.iter().collect(),
        Some(ids) => {
            let mut chosen = Vec::new();
            for id in ids {
                let image = images.iter().find(|image| fits(image, id));
                chosen.push(image.ok_or_else(|| image_not_found(world, &name, id))?);
            }
            chosen
        }
    };
    let wanted = body["filter"]["tagStatus"].as_str().unwrap_or("ANY");
    let details = chosen
        .into_iter()
        .filter(|(_, _, tags)| match wanted {
            "TAGGED" => !tags.is_empty(),
            "UNTAGGED" => tags.is_empty(),
            _ => true,
        })
        .map(|image| detail(world, &name, image))
        .collect();
    page(body, details, "imageDetails")
}

fn detail(world: &World, repository: &str, image: &Image) -> Value {
    let (digest, manifest, tags) = image;
    let parsed: Value = serde_json::from_slice(&manifest.bytes).unwrap_or(Value::Null);
    let layers = parsed["layers"].as_array().into_iter().flatten();
    let size: u64 = layers
        .chain(parsed.get("config"))
        .filter_map(|blob| blob["size"].as_u64())
        .sum();
    let mut detail = json!({
        "registryId": world.account,
        "repositoryName": repository,
        "imageDigest": digest,
        "imageSizeInBytes": size,
        "imagePushedAt": epoch_seconds(manifest.pushed),
        "imageManifestMediaType": manifest.media_type,
    });
    if let Some(kind) = parsed["config"]["mediaType"].as_str() {
        detail["artifactMediaType"] = json!(kind);
    }
    if !tags.is_empty() {
        detail["imageTags"] = json!(tags);
    }
    if let Some(subject) = &manifest.subject {
        detail["subjectManifestDigest"] = json!(subject);
    }
    if let Some(scan) = scan_of(world, repository, digest) {
        let (status, description) = scan_status(world, manifest, scan);
        detail["imageScanStatus"] = json!({"status": status, "description": description});
    }
    detail
}

pub(crate) fn batch_get(world: &World, body: &Value) -> Result<Value, ApiError> {
    let (name, _) = named(world, body)?;
    let images = world.registry.images(&name);
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for id in body["imageIds"].as_array().into_iter().flatten() {
        let Some(image) = images.iter().find(|image| fits(image, id)) else {
            failures.push(json!({
                "imageId": id,
                "failureCode": "ImageNotFound",
                "failureReason": "Requested image not found",
            }));
            continue;
        };
        let (digest, manifest, _) = image;
        let mut image_id = json!({"imageDigest": digest});
        if id["imageTag"].is_string() {
            image_id["imageTag"] = id["imageTag"].clone();
        }
        found.push(json!({
            "registryId": world.account,
            "repositoryName": name,
            "imageId": image_id,
            "imageManifest": String::from_utf8_lossy(&manifest.bytes),
            "imageManifestMediaType": manifest.media_type,
        }));
    }
    Ok(json!({"images": found, "failures": failures}))
}

pub(crate) fn layers(world: &World, body: &Value) -> Result<Value, ApiError> {
    let (name, _) = named(world, body)?;
    let there = world.registry.linked(&name);
    let digests = body["layerDigests"].as_array().into_iter().flatten();
    let layers: Vec<Value> = digests
        .filter_map(Value::as_str)
        .map(|digest| match there.get(digest) {
            Some(length) => json!({
                "layerDigest": digest,
                "layerAvailability": "AVAILABLE",
                "layerSize": length,
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            }),
            None => json!({"layerDigest": digest, "layerAvailability": "UNAVAILABLE"}),
        })
        .collect();
    Ok(json!({"layers": layers, "failures": []}))
}

/// The scan of an image, by its digest, or the one for every image if scans are on.
fn scan_of<'w>(world: &'w World, repository: &str, digest: &str) -> Option<&'w Scan> {
    let on = world.ecr.repositories.get(repository)?.scan_on_push;
    let scans = &world.ecr.scans;
    scans.get(digest).or_else(|| scans.get("*").filter(|_| on))
}

fn scan_status(world: &World, manifest: &Manifest, scan: &Scan) -> (String, String) {
    if world.now < manifest.pushed + scan.takes {
        let text = "The scan is in progress.";
        return ("IN_PROGRESS".into(), text.into());
    }
    match &scan.fails {
        Some(fails) => fails.clone(),
        None => (
            "COMPLETE".into(),
            "The scan was completed successfully.".into(),
        ),
    }
}

pub(crate) fn findings(world: &World, body: &Value) -> Result<Value, ApiError> {
    let (name, _) = named(world, body)?;
    let id = &body["imageId"];
    let images = world.registry.images(&name);
    let (digest, manifest, _) = images
        .iter()
        .find(|image| fits(image, id))
        .ok_or_else(|| image_not_found(world, &name, id))?;
    let scan = scan_of(world, &name, digest).ok_or_else(|| {
        ApiError::new(
            "ScanNotFoundException",
            format!(
                "Image scan does not exist for the image with '{{imageDigest:'{digest}'}}' in the \
                 repository with name '{name}' in the registry with id '{}'",
                world.account
            ),
        )
    })?;
    let (status, description) = scan_status(world, manifest, scan);
    let complete = status == "COMPLETE";
    let mut answer = json!({
        "registryId": world.account,
        "repositoryName": name,
        "imageId": {"imageDigest": digest},
        "imageScanStatus": {"status": status, "description": description},
    });
    if let Some(tag) = id["imageTag"].as_str() {
        answer["imageId"]["imageTag"] = json!(tag);
    }
    if !complete {
        return Ok(answer);
    }
    let views = scan.findings.iter().map(Finding::view).collect();
    let shown = page(body, views, "findings")?;
    let mut counts = serde_json::Map::new();
    for finding in &scan.findings {
        let count = counts.get(&finding.severity).and_then(Value::as_u64);
        counts.insert(finding.severity.clone(), json!(count.unwrap_or(0) + 1));
    }
    let completed = epoch_seconds(manifest.pushed + scan.takes);
    answer["imageScanFindings"] = json!({
        "imageScanCompletedAt": completed,
        "vulnerabilitySourceUpdatedAt": completed,
        "findingSeverityCounts": counts,
        "findings": shown["findings"],
    });
    if let Some(token) = shown.get("nextToken") {
        answer["nextToken"] = token.clone();
    }
    Ok(answer)
}

pub(crate) fn start_scan(world: &mut World, body: &Value) -> Result<Value, ApiError> {
    let (name, _) = named(world, body)?;
    let id = &body["imageId"];
    let images = world.registry.images(&name);
    let (digest, _, _) = images
        .iter()
        .find(|image| fits(image, id))
        .ok_or_else(|| image_not_found(world, &name, id))?;
    let any = world.ecr.scans.get("*").cloned().unwrap_or_default();
    world.ecr.scans.entry(digest.clone()).or_insert(any);
    Ok(json!({
        "registryId": world.account,
        "repositoryName": name,
        "imageId": {"imageDigest": digest},
        "imageScanStatus": {"status": "IN_PROGRESS"},
    }))
}
