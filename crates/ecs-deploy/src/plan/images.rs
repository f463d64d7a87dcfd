//! Images with a tag: whether the running image is the one that the tag names now.

use ecs_model::ImageRef;
use serde_json::Value;

/// The containers of a task definition whose image has a tag instead of a digest.
pub fn tagged_images(definition: &Value) -> Vec<(String, ImageRef)> {
    let containers = definition["containerDefinitions"].as_array();
    containers
        .into_iter()
        .flatten()
        .filter_map(|c| {
            let image: ImageRef = c["image"].as_str()?.parse().ok()?;
            let tagged = Some(image).filter(|image| !image.is_fixed())?;
            Some((c["name"].as_str()?.to_owned(), tagged))
        })
        .collect()
}

/// The digest that a container of a service revision runs.
pub fn running_digest<'a>(revision: &'a Value, container: &str) -> Option<&'a str> {
    let images = revision["containerImages"].as_array()?;
    let image = images.iter().find(|i| i["containerName"] == container)?;
    image["imageDigest"].as_str().filter(|d| !d.is_empty())
}
