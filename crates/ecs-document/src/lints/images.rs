//! Images: valid references, tags that move, registries in another region.

use ecs_model::ImageRef;

use super::code::LintCode;
use super::context::{LintContext, text};

/// The longest reference that ECS accepts, in characters.
const MAX_LENGTH: usize = 255;

pub(super) fn check(context: &mut LintContext<'_>) {
    for container in context.containers() {
        let Some(image) = text(container.value, "image") else {
            continue;
        };
        let at = container.pointer("image");
        let image: ImageRef = match valid(image) {
            Ok(image) => image,
            Err(wrong) => {
                let message = format!("container {}: {wrong}", container.name);
                context.report(LintCode::ImageReference, at, message);
                continue;
            }
        };
        match (image.digest(), image.tag()) {
            (None, Some("latest")) => {
                let message = format!(
                    "container {} uses the tag latest, which moves",
                    container.name
                );
                context.report(LintCode::LatestTag, at.clone(), message);
            }
            (None, None) => {
                let message = format!(
                    "container {} has an image without a tag, which means latest",
                    container.name
                );
                context.report(LintCode::LatestTag, at.clone(), message);
            }
            (Some(_), _) | (None, Some(_)) => {}
        }
        if let (Some(there), Some(here)) = (image.ecr(), context.target.region.as_deref())
            && there.region != here
        {
            let message = format!(
                "container {} pulls its image from {}, but the deployment is in {here}",
                container.name, there.region
            );
            context.report(LintCode::OtherRegion, at, message);
        }
    }
}

/// The image, or why ECS rejects its reference, or accepts it but can never pull it. Source:
/// `ContainerDefinition.image` in AWS's service model.
fn valid(text: &str) -> Result<ImageRef, String> {
    if let Some((scheme, rest)) = text.split_once("://") {
        return Err(format!("the image starts with {scheme}://; write {rest}"));
    }
    if text.starts_with('<') && text.ends_with('>') {
        return Err(format!(
            "{text} is a placeholder of CodeDeploy, not an image"
        ));
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_:./#@+".contains(c);
    match text.chars().find(|c| !is_allowed(*c) && !c.is_whitespace()) {
        Some('$') => {
            return Err(format!(
                "the image {text:?} contains a shell variable, which nothing expands here; \
                 write ${{env.NAME}} instead"
            ));
        }
        Some(c) => {
            return Err(format!(
                "the image {text:?} contains {c:?}, which ECS rejects"
            ));
        }
        None => {}
    }
    let length = text.chars().count();
    if length > MAX_LENGTH {
        return Err(format!(
            "the image has {length} characters; ECS accepts at most {MAX_LENGTH}"
        ));
    }
    let image: ImageRef = text.parse().map_err(|error| format!("{error}"))?;
    if image
        .repository()
        .contains(|c: char| c.is_ascii_uppercase())
    {
        return Err(format!(
            "the repository of the image {text:?} has capital letters, which no registry accepts"
        ));
    }
    Ok(image)
}
