//! Parses the path of a request to the registry.

/// `/v2/NAME/KIND/REFERENCE`, parsed.
pub(super) struct RegistryPath<'r> {
    pub(super) name: &'r str,
    pub(super) kind: &'static str,
    pub(super) reference: &'r str,
}

pub(super) fn parse_path(path: &str) -> Option<RegistryPath<'_>> {
    let path = path.strip_prefix("/v2/")?;
    for kind in [
        "/blobs/uploads/",
        "/manifests/",
        "/blobs/",
        "/referrers/",
        "/tags/",
    ] {
        if let Some((name, reference)) = path.rsplit_once(kind) {
            return Some(RegistryPath {
                name,
                kind,
                reference,
            });
        }
    }
    path.strip_suffix("/blobs/uploads")
        .map(|name| RegistryPath {
            name,
            kind: "/blobs/uploads/",
            reference: "",
        })
}
