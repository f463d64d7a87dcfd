//! Describes a change of an image by tag and digest, which is shorter than two complete references.

use ecs_model::ImageRef;

/// `REPOSITORY :1.2 → @sha256:0123456789ab` if the repository is the same, else both in full.
pub(super) fn change(before: &str, after: &str) -> String {
    if let (Ok(one), Ok(other)) = (before.parse::<ImageRef>(), after.parse::<ImageRef>())
        && one.name() == other.name()
    {
        return format!("{} {} → {}", one.name(), version(&one), version(&other));
    }
    format!("{before} → {after}")
}

fn version(image: &ImageRef) -> String {
    let tag = image.tag().map(|tag| format!(":{tag}"));
    let digest = image.digest().map(|digest| format!("@{}", short(digest)));
    match (tag, digest) {
        (None, None) => ":latest (no tag)".to_owned(),
        (tag, digest) => tag.unwrap_or_default() + &digest.unwrap_or_default(),
    }
}

/// Twelve digits of a digest are enough to distinguish two images.
fn short(digest: &str) -> &str {
    let end = digest.find(':').map_or(0, |at| at + 1) + 12;
    digest.get(..end).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn an_unchanged_repository_is_shown_once() {
        let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        for (before, after, expected) in [
            ("r/app:1", "r/app:2", "r/app :1 → :2"),
            (
                "h:5000/app",
                "h:5000/app:2",
                "h:5000/app :latest (no tag) → :2",
            ),
            (
                "r/app:1",
                &format!("r/app@{digest}"),
                "r/app :1 → @sha256:0123456789ab",
            ),
            ("r/app:1", "other/app:1", "r/app:1 → other/app:1"),
            ("x@short", "x@sha256:1", "x @short → @sha256:1"),
        ] {
            assert_eq!(change(before, after), expected);
        }
    }
}
