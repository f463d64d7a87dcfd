//! The media types of layers, and what they mean for a push. Pure.

use oci_client::manifest::IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE;

pub(crate) const DOCKER_LAYER_GZIP: &str = IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE;
pub(crate) const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub(crate) const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// Whether layers of this type are not compressed.
pub(crate) fn is_uncompressed(media_type: &str) -> bool {
    media_type.ends_with(".tar")
}

/// Whether this program creates layers of this type, so that they may be part of a manifest that
/// it creates. Layers of other types, e.g. encrypted ones, need more than their blob to be read.
pub(crate) fn is_created_here(media_type: &str) -> bool {
    [DOCKER_LAYER_GZIP, OCI_LAYER_GZIP, OCI_LAYER_ZSTD].contains(&media_type)
}

/// Whether every container runtime can read layers of this type.
pub(crate) fn is_readable(media_type: &str) -> bool {
    is_created_here(media_type) || [OCI_LAYER, DOCKER_LAYER].contains(&media_type)
}

/// Whether layers of this type must not be distributed by registries, according to their creator.
pub(crate) fn is_nondistributable(media_type: &str) -> bool {
    media_type.contains(".nondistributable.") || media_type.contains(".foreign.")
}

#[cfg(test)]
mod tests {
    use super::{is_created_here, is_nondistributable, is_readable, is_uncompressed};

    #[test]
    fn each_type_has_its_properties() {
        for (media_type, created, readable, uncompressed, nondistributable) in [
            (
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
                true,
                true,
                false,
                false,
            ),
            (
                "application/vnd.oci.image.layer.v1.tar+gzip",
                true,
                true,
                false,
                false,
            ),
            (
                "application/vnd.oci.image.layer.v1.tar+zstd",
                true,
                true,
                false,
                false,
            ),
            (
                "application/vnd.oci.image.layer.v1.tar",
                false,
                true,
                true,
                false,
            ),
            (
                "application/vnd.docker.image.rootfs.diff.tar",
                false,
                true,
                true,
                false,
            ),
            (
                "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
                false,
                false,
                false,
                false,
            ),
            (
                "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                false,
                false,
                false,
                true,
            ),
            (
                "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                false,
                false,
                false,
                true,
            ),
            ("application/vnd.example.layer", false, false, false, false),
            ("", false, false, false, false),
        ] {
            assert_eq!(is_created_here(media_type), created, "{media_type}");
            assert_eq!(is_readable(media_type), readable, "{media_type}");
            assert_eq!(is_uncompressed(media_type), uncompressed, "{media_type}");
            assert_eq!(
                is_nondistributable(media_type),
                nondistributable,
                "{media_type}"
            );
        }
    }
}
