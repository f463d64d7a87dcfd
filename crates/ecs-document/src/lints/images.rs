//! Images: tags that move, registries of another region.

use super::{Code, Look, text};

pub(super) fn look(look: &mut Look<'_>) {
    for container in look.containers() {
        let Some(image) = text(container.value, "image") else {
            continue;
        };
        let at = container.pointer("image");
        if image.is_empty() || image.contains(char::is_whitespace) {
            let message = format!(
                "the image of container {} is no image's name: {image:?}",
                container.name
            );
            look.report(Code::MissingMember, at, message);
            continue;
        }
        match tag(image) {
            Tag::Digest => {}
            Tag::Named("latest") => {
                let message = format!(
                    "container {} runs the tag latest, which moves",
                    container.name
                );
                look.report(Code::LatestTag, at.clone(), message);
            }
            Tag::None => {
                let message = format!(
                    "container {} names no tag, which means latest",
                    container.name
                );
                look.report(Code::LatestTag, at.clone(), message);
            }
            Tag::Named(_) => {}
        }
        if let (Some(there), Some(here)) = (ecr_region(image), look.context.region.as_deref())
            && there != here
        {
            let message = format!(
                "container {} pulls its image from {there}, and the deployment is in {here}",
                container.name
            );
            look.report(Code::OtherRegion, at, message);
        }
    }
}

enum Tag<'t> {
    Digest,
    Named(&'t str),
    None,
}

fn tag(image: &str) -> Tag<'_> {
    if image.contains('@') {
        return Tag::Digest;
    }
    // A colon before the last slash is a port.
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.split_once(':') {
        Some((_, tag)) => Tag::Named(tag),
        None => Tag::None,
    }
}

/// The region of an image in ECR, as `ACCOUNT.dkr.ecr.REGION.amazonaws.com/…` has it.
pub(super) fn ecr_region(image: &str) -> Option<&str> {
    let host = image.split('/').next()?;
    let (account, rest) = host.split_once(".dkr.")?;
    let rest = rest
        .strip_prefix("ecr.")
        .or(rest.strip_prefix("ecr-fips."))?;
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let (region, domain) = rest.split_once('.')?;
    (is_account && domain.starts_with("amazonaws.com")).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::ecr_region;

    #[test]
    fn an_image_in_ecr_is_known_by_its_host() {
        for (image, region) in [
            (
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b:1",
                Some("eu-west-1"),
            ),
            (
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a",
                Some("us-gov-west-1"),
            ),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a",
                Some("cn-north-1"),
            ),
            ("public.ecr.aws/nginx/nginx:1", None),
            ("nginx", None),
            ("1.dkr.ecr.eu-west-1.amazonaws.com/a", None),
        ] {
            assert_eq!(ecr_region(image), region, "{image}");
        }
    }
}
