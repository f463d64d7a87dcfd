//! Writes an image of the sample service as an OCI layout, without a container tool.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What the image is made from.
#[derive(Debug)]
pub struct Recipe<'a> {
    /// The static program, which becomes `/hello`.
    pub program: &'a Path,
    /// Environment variables of the image, e.g. `HELLO_GREETING=…`.
    pub environment: &'a [&'a str],
}

/// Writes the layout into `folder` and returns the digest of the manifest.
pub fn oci_layout(folder: &Path, recipe: &Recipe<'_>) -> std::io::Result<String> {
    std::fs::create_dir_all(folder.join("blobs/sha256"))?;
    let tar = layer(recipe.program)?;
    let diff_id = digest(&tar);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar)?;
    let layer = blob(
        folder,
        "application/vnd.oci.image.layer.v1.tar+gzip",
        &gzip.finish()?,
    )?;
    let config = json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
        "os": "linux",
        "config": {
            "Entrypoint": ["/hello"],
            "Env": recipe.environment,
            "ExposedPorts": {"8080/tcp": {}},
            "User": "65532:65532",
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created_by": "hello"}],
    });
    let config = json_blob(folder, "application/vnd.oci.image.config.v1+json", &config)?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [layer],
    });
    let manifest = json_blob(
        folder,
        "application/vnd.oci.image.manifest.v1+json",
        &manifest,
    )?;
    let digest = manifest["digest"].as_str().unwrap_or_default().to_owned();
    let index = json!({"schemaVersion": 2, "manifests": [manifest]});
    std::fs::write(folder.join("index.json"), index.to_string())?;
    std::fs::write(
        folder.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )?;
    Ok(digest)
}

fn layer(program: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::read(program)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o755);
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_data(&mut header, "hello", bytes.as_slice())?;
    tar.into_inner()
}

fn json_blob(folder: &Path, media_type: &str, document: &Value) -> std::io::Result<Value> {
    blob(folder, media_type, document.to_string().as_bytes())
}

fn blob(folder: &Path, media_type: &str, bytes: &[u8]) -> std::io::Result<Value> {
    let digest = digest(bytes);
    let name = digest.trim_start_matches("sha256:");
    std::fs::write(folder.join("blobs/sha256").join(name), bytes)?;
    Ok(json!({"mediaType": media_type, "digest": digest, "size": bytes.len()}))
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().fold(String::from("sha256:"), |text, byte| {
        format!("{text}{byte:02x}")
    })
}
