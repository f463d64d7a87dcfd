//! Images: tags that move, registries of another region.

use ecs_model::ImageRef;

use super::code::Code;
use super::look::{Look, text};

pub(super) fn look(look: &mut Look<'_>) {
    for container in look.containers() {
        let Some(image) = text(container.value, "image") else {
            continue;
        };
        let at = container.pointer("image");
        let image: ImageRef = match image.parse() {
            Ok(image) => image,
            Err(error) => {
                let message = format!("container {}: {error}", container.name);
                look.report(Code::MissingMember, at, message);
                continue;
            }
        };
        match (image.digest(), image.tag()) {
            (None, Some("latest")) => {
                let message = format!(
                    "container {} runs the tag latest, which moves",
                    container.name
                );
                look.report(Code::LatestTag, at.clone(), message);
            }
            (None, None) => {
                let message = format!(
                    "container {} names no tag, which means latest",
                    container.name
                );
                look.report(Code::LatestTag, at.clone(), message);
            }
            (Some(_), _) | (None, Some(_)) => {}
        }
        if let (Some(there), Some(here)) = (image.ecr(), look.context.region.as_deref())
            && there.region != here
        {
            let message = format!(
                "container {} pulls its image from {}, and the deployment is in {here}",
                container.name, there.region
            );
            look.report(Code::OtherRegion, at, message);
        }
    }
}
