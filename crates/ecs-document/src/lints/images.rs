//! Images: valid references, tags that move, registries in another region.

use ecs_model::ImageRef;

use super::code::LintCode;
use super::context::{LintContext, text};

pub(super) fn check(context: &mut LintContext<'_>) {
    for container in context.containers() {
        let Some(image) = text(container.value, "image") else {
            continue;
        };
        let at = container.pointer("image");
        let image: ImageRef = match image.parse() {
            Ok(image) => image,
            Err(error) => {
                let message = format!("container {}: {error}", container.name);
                context.report(LintCode::MissingMember, at, message);
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
