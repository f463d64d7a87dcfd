//! What the path of a registry's request names.

/// `/v2/NAME/KIND/REFERENCE`, taken apart.
pub(super) struct Place<'r> {
    pub(super) name: &'r str,
    pub(super) kind: &'static str,
    pub(super) reference: &'r str,
}

pub(super) fn place(path: &str) -> Option<Place<'_>> {
    let path = path.strip_prefix("/v2/")?;
    for kind in [
        "/blobs/uploads/",
        "/manifests/",
        "/blobs/",
        "/referrers/",
        "/tags/",
    ] {
        if let Some((name, reference)) = path.rsplit_once(kind) {
            return Some(Place {
                name,
                kind,
                reference,
            });
        }
    }
    path.strip_suffix("/blobs/uploads").map(|name| Place {
        name,
        kind: "/blobs/uploads/",
        reference: "",
    })
}
