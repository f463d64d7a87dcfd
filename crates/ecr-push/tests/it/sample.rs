//! Generated images, in every form in which images occur.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const OCI_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub const OCI_TAR: &str = "application/vnd.oci.image.layer.v1.tar";

pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

/// Bytes that compress to about half their size, different for each seed.
pub fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 28) as u8
        })
        .collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A layer: a tar with one file.
pub fn layer(seed: u32, len: usize) -> Vec<u8> {
    tar_of(&[(format!("data/{seed}"), noise(seed, len))])
}

pub fn tar_of(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

/// An image, defined by its uncompressed layers.
#[derive(Clone)]
pub struct Image {
    pub layers: Vec<Vec<u8>>,
    pub architecture: String,
    pub command: Vec<String>,
}

impl Image {
    pub fn new(layers: Vec<Vec<u8>>) -> Self {
        Self {
            layers,
            architecture: "amd64".to_owned(),
            command: vec!["/bin/true".to_owned()],
        }
    }

    /// A small image with one layer of a few megabytes.
    pub fn small(seed: u32) -> Self {
        Self::new(vec![layer(seed, 200_000), layer(seed + 1, 3_000_000)])
    }

    pub fn config(&self) -> Vec<u8> {
        let diff_ids: Vec<String> = self.layers.iter().map(|l| digest(l)).collect();
        json!({
            "architecture": self.architecture,
            "os": "linux",
            "config": { "Cmd": self.command },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        })
        .to_string()
        .into_bytes()
    }

    /// The manifest, with compressed or uncompressed layers, and every blob that it refers to.
    fn oci_manifest(&self, compressed: bool) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (media_type, layers): (&str, Vec<Vec<u8>>) = if compressed {
            (OCI_GZIP, self.layers.iter().map(|l| gzip(l)).collect())
        } else {
            (OCI_TAR, self.layers.clone())
        };
        let config = self.config();
        let descriptors: Vec<Value> = layers
            .iter()
            .map(|bytes| descriptor(media_type, bytes))
            .collect();
        // A push that formats manifests again would lose the spaces and the unknown member.
        let manifest = format!(
            "{{ \"schemaVersion\": 2, \"mediaType\": \"{OCI_MANIFEST}\",\n  \"futureMember\": [1, 2],\n  \"config\": {},\n  \"layers\": {} }}",
            descriptor(OCI_CONFIG, &config),
            Value::from(descriptors)
        );
        let mut blobs = layers;
        blobs.push(config);
        (manifest.into_bytes(), blobs)
    }

    /// Writes an OCI layout into a directory. Returns the manifest's digest.
    pub fn oci_folder(&self, folder: &Path) -> String {
        let mut layout = Layout::new();
        let digest = layout.image(self, true);
        layout.tag(OCI_MANIFEST, &digest, Some("v1"));
        layout.write_folder(folder);
        digest
    }

    /// Writes an OCI layout into a tar file. Returns the manifest's digest.
    pub fn oci_archive(&self, path: &Path) -> String {
        let mut layout = Layout::new();
        let digest = layout.image(self, true);
        layout.tag(OCI_MANIFEST, &digest, Some("v1"));
        fs::write(path, tar_of(&layout.files())).unwrap();
        digest
    }

    /// Writes the format of `docker save` before version 25: `<id>/layer.tar`, and a repeated
    /// layer as a link to its first occurrence.
    pub fn legacy_archive(&self, path: &Path, tag: &str) {
        let mut builder = tar::Builder::new(Vec::new());
        let append = |builder: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, bytes).unwrap();
        };
        let mut paths: Vec<String> = Vec::new();
        for (at, bytes) in self.layers.iter().enumerate() {
            let name = format!("{at:064x}/layer.tar");
            match self.layers[..at].iter().position(|l| l == bytes) {
                Some(first) => {
                    let mut header = tar::Header::new_gnu();
                    header.set_entry_type(tar::EntryType::Symlink);
                    header.set_size(0);
                    let target = format!("../{first:064x}/layer.tar");
                    builder.append_link(&mut header, &name, target).unwrap();
                }
                None => append(&mut builder, &name, bytes),
            }
            paths.push(name);
        }
        let config = self.config();
        let config_name = format!("{}.json", digest(&config).trim_start_matches("sha256:"));
        append(&mut builder, &config_name, &config);
        let manifest = json!([{ "Config": config_name, "RepoTags": [tag], "Layers": paths }]);
        append(
            &mut builder,
            "manifest.json",
            manifest.to_string().as_bytes(),
        );
        fs::write(path, builder.into_inner().unwrap()).unwrap();
    }

    /// Writes the format of `docker save` since version 25: an OCI layout, with uncompressed layers
    /// (classic image store) or compressed ones (containerd's store). Returns the manifest's
    /// digest.
    pub fn inside_archive(&self, path: &Path, tag: &str, compressed: bool) -> String {
        let mut layout = Layout::new();
        let digest_of_manifest = layout.image(self, compressed);
        layout.tag(OCI_MANIFEST, &digest_of_manifest, Some(tag));
        let blob = |bytes: &[u8]| format!("blobs/sha256/{}", &digest(bytes)[7..]);
        let layers: Vec<String> = self
            .layers
            .iter()
            .map(|l| if compressed { blob(&gzip(l)) } else { blob(l) })
            .collect();
        let manifest =
            json!([{ "Config": blob(&self.config()), "RepoTags": [tag], "Layers": layers }]);
        let mut files = layout.files();
        files.push((
            "manifest.json".to_owned(),
            manifest.to_string().into_bytes(),
        ));
        fs::write(path, tar_of(&files)).unwrap();
        digest_of_manifest
    }
}

pub fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(bytes), "size": bytes.len() })
}

/// An OCI layout to which blobs and images can be added.
pub struct Layout {
    pub blobs: Vec<Vec<u8>>,
    pub entries: Vec<Value>,
}

impl Layout {
    pub fn new() -> Self {
        Self {
            blobs: Vec::new(),
            entries: Vec::new(),
        }
    }

    pub fn add(&mut self, bytes: Vec<u8>) -> String {
        let digest = digest(&bytes);
        if !self.blobs.contains(&bytes) {
            self.blobs.push(bytes);
        }
        digest
    }

    /// Adds an image's blobs and its manifest. Returns the manifest's digest.
    pub fn image(&mut self, image: &Image, compressed: bool) -> String {
        let (manifest, blobs) = image.oci_manifest(compressed);
        for blob in blobs {
            self.add(blob);
        }
        self.add(manifest)
    }

    pub fn blob(&self, wanted: &str) -> &[u8] {
        self.blobs.iter().find(|b| digest(b) == wanted).unwrap()
    }

    /// Adds an entry to `index.json`.
    pub fn tag(&mut self, media_type: &str, digest: &str, name: Option<&str>) {
        let mut entry = descriptor(media_type, self.blob(digest));
        if let Some(name) = name {
            entry["annotations"] = json!({
                "org.opencontainers.image.ref.name": name,
                "io.containerd.image.name": name,
            });
        }
        self.entries.push(entry);
    }

    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let index = json!({ "schemaVersion": 2, "manifests": self.entries });
        let mut files = vec![(
            "oci-layout".to_owned(),
            br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec(),
        )];
        for blob in &self.blobs {
            files.push((format!("blobs/sha256/{}", &digest(blob)[7..]), blob.clone()));
        }
        files.push(("index.json".to_owned(), index.to_string().into_bytes()));
        files
    }

    pub fn write_folder(&self, folder: &Path) {
        for (name, bytes) in self.files() {
            let path: PathBuf = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

/// An index of two platforms and an attestation, and a signature that refers to the index. Contains
/// the digests of the index, of both images and of the signature.
pub struct MultiArch {
    pub layout: Layout,
    pub index: String,
    pub amd64: String,
    pub arm64: String,
    pub signature: String,
}

impl MultiArch {
    pub fn new() -> Self {
        let mut layout = Layout::new();
        let base = layer(90, 500_000);
        let amd64 = Image::new(vec![base.clone(), layer(91, 100_000)]);
        let mut arm64 = Image::new(vec![base, layer(92, 100_000)]);
        arm64.architecture = "arm64".to_owned();
        let amd64 = layout.image(&amd64, true);
        let arm64 = layout.image(&arm64, true);
        let statement = br#"{"_type":"https://in-toto.io/Statement/v0.1"}"#.to_vec();
        let config = b"{}".to_vec();
        let attestation = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(OCI_CONFIG, &config),
            "layers": [descriptor("application/vnd.in-toto+json", &statement)],
        });
        layout.add(statement);
        layout.add(config);
        let attestation = layout.add(attestation.to_string().into_bytes());
        let entry = |digest: &str, os: &str, architecture: &str| {
            let mut entry = descriptor(OCI_MANIFEST, layout.blob(digest));
            entry["platform"] = json!({ "os": os, "architecture": architecture });
            entry
        };
        let index = json!({
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [
                entry(&amd64, "linux", "amd64"),
                entry(&arm64, "linux", "arm64"),
                entry(&attestation, "unknown", "unknown"),
            ],
        });
        let index = layout.add(index.to_string().into_bytes());
        layout.tag(OCI_INDEX, &index, Some("v1"));
        let signed = b"signature".to_vec();
        let empty = b"{}".to_vec();
        let signature = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": "application/vnd.example.signature",
            "config": descriptor("application/vnd.oci.empty.v1+json", &empty),
            "layers": [descriptor("application/octet-stream", &signed)],
            "subject": descriptor(OCI_INDEX, layout.blob(&index)),
        });
        layout.add(signed);
        let signature = layout.add(signature.to_string().into_bytes());
        layout.tag(OCI_MANIFEST, &signature, None);
        Self {
            layout,
            index,
            amd64,
            arm64,
            signature,
        }
    }
}
