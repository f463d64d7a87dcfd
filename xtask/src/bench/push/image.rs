//! The image that is pushed: real files, in layers with realistic sizes. Most files are programs
//! and libraries (this machine's Rust toolchain). Some are compressed already, like wheels, jars
//! and pictures (the crates that cargo keeps). skopeo writes the other two forms of the image, so
//! that none of them is our own interpretation.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stories::counterparts::skopeo;
use stories::programs::command;

use crate::tools::succeed;

/// MiB before compression: base, runtime, dependencies, application; 350 in total.
const LAYERS: [u64; 8] = [128, 80, 52, 36, 24, 16, 10, 4];
/// The layer that contains the compressed files.
const PACKED: usize = 3;

/// One image in three forms.
#[derive(Debug)]
pub struct Image {
    /// As `docker save` of Debian's engine writes it, with uncompressed layers.
    pub saved: PathBuf,
    /// As an OCI layout with compressed layers.
    pub folder: PathBuf,
    /// The same layout in a tar file.
    pub archive: PathBuf,
}

impl Image {
    /// Writes all three into `scratch`.
    pub fn make(scratch: &Path) -> Result<Self, String> {
        let image = Self {
            saved: scratch.join("saved.tar"),
            folder: scratch.join("layout"),
            archive: scratch.join("layout.tar"),
        };
        let (mut plain, mut packed) = (Files::of_toolchain()?, Files::of_cargo()?);
        let layers: Vec<PathBuf> = LAYERS
            .iter()
            .enumerate()
            .map(|(at, size)| {
                let path = scratch.join(format!("layer{at}"));
                let files = match at {
                    PACKED => &mut packed,
                    _ => &mut plain,
                };
                files.layer(&path, size << 20).map(|()| path)
            })
            .collect::<std::io::Result<_>>()
            .map_err(|e| format!("the layers: {e}"))?;
        save(&image.saved, &layers).map_err(|e| format!("the image: {e}"))?;
        for layer in &layers {
            std::fs::remove_file(layer).map_err(|e| e.to_string())?;
        }
        for form in [
            format!("oci:{}:bench", image.folder.display()),
            format!("oci-archive:{}:bench", image.archive.display()),
        ] {
            let from = format!("docker-archive:{}", image.saved.display());
            let mut copy = command(skopeo().map_err(|e| e.to_string())?);
            copy.env("HOME", scratch).env("TMPDIR", scratch);
            succeed(copy.args(["--insecure-policy", "copy", "--quiet", &from, &form]))?;
        }
        Ok(image)
    }

    /// The only manifest of the layout: its bytes, and the blobs that it refers to, largest first.
    pub fn manifest(&self) -> Result<(PathBuf, Vec<Blob>), String> {
        let read = |path: &Path| -> Result<Value, String> {
            let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
            serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", path.display()))
        };
        let index = read(&self.folder.join("index.json"))?;
        let path = self.blob(&index["manifests"][0]);
        let manifest = read(&path)?;
        let layers = manifest["layers"].as_array().into_iter().flatten();
        let mut blobs: Vec<Blob> = layers
            .chain([&manifest["config"]])
            .map(|named| Blob {
                digest: named["digest"].as_str().unwrap_or_default().to_owned(),
                path: self.blob(named),
                bytes: named["size"].as_u64().unwrap_or_default(),
            })
            .collect();
        blobs.sort_by_key(|blob| std::cmp::Reverse(blob.bytes));
        Ok((path, blobs))
    }

    fn blob(&self, named: &Value) -> PathBuf {
        let digest = named["digest"].as_str().unwrap_or_default();
        self.folder.join("blobs").join(digest.replace(':', "/"))
    }
}

/// A layer or config of the layout.
#[derive(Debug)]
pub struct Blob {
    pub digest: String,
    pub path: PathBuf,
    pub bytes: u64,
}

/// Files, sorted by name.
struct Files {
    left: std::vec::IntoIter<PathBuf>,
    /// The file in which the last layer ended.
    open: Option<Open>,
}

impl Files {
    fn of_toolchain() -> Result<Self, String> {
        let output = Command::new("rustc").args(["--print", "sysroot"]).output();
        let output = output.map_err(|e| format!("rustc: {e}"))?.stdout;
        let root = PathBuf::from(String::from_utf8_lossy(&output).trim());
        Self::of(&[root.join("bin"), root.join("lib")])
    }

    fn of_cargo() -> Result<Self, String> {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
            .ok_or("neither CARGO_HOME nor HOME is set")?;
        Self::of(&[home.join("registry/cache")])
    }

    fn of(folders: &[PathBuf]) -> Result<Self, String> {
        let mut found = Vec::new();
        for folder in folders {
            gather(folder, &mut found).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        found.sort();
        Ok(Self {
            left: found.into_iter(),
            open: None,
        })
    }

    /// Writes a layer of this size in bytes. A longer file continues in the next layer.
    fn layer(&mut self, path: &Path, size: u64) -> std::io::Result<()> {
        let mut tar = tar::Builder::new(std::io::BufWriter::new(File::create(path)?));
        let mut left = size;
        while left > 0 {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => self.next()?,
            };
            let part = open.left.min(left);
            append(&mut tar, &open.name, part, (&mut open.file).take(part))?;
            left -= part;
            open.left -= part;
            self.open = Some(open).filter(|open| open.left > 0);
        }
        tar.into_inner()?.flush()
    }

    fn next(&mut self) -> std::io::Result<Open> {
        let path = self.left.next().ok_or_else(|| {
            std::io::Error::other("the files of this machine are too few for the image")
        })?;
        let file = File::open(&path)?;
        Ok(Open {
            name: path.to_string_lossy().trim_start_matches('/').to_owned(),
            left: file.metadata()?.len(),
            file,
        })
    }
}

/// A file that was read partially.
struct Open {
    name: String,
    file: File,
    left: u64,
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            gather(&entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Writes what `docker save` would write for an image with these layers.
pub fn save(to: &Path, layers: &[PathBuf]) -> std::io::Result<()> {
    let diff_ids: Vec<String> = layers.iter().map(|l| digest(l)).collect::<Result<_, _>>()?;
    let config = json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
        "os": "linux",
        "config": {"Cmd": ["/bin/true"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": vec![json!({"created_by": "bench"}); layers.len()],
    })
    .to_string();
    let config_name = format!("{}.json", hex(&Sha256::digest(&config)));
    let names: Vec<String> = (0..layers.len())
        .map(|at| format!("{at:064x}/layer.tar"))
        .collect();
    let mut tar = tar::Builder::new(File::create(to)?);
    tar.sparse(false);
    for (path, name) in layers.iter().zip(&names) {
        tar.append_path_with_name(path, name)?;
    }
    append_text(&mut tar, &config_name, &config)?;
    let manifest = json!([{"Config": config_name, "RepoTags": ["bench:v1"], "Layers": names}]);
    append_text(&mut tar, "manifest.json", &manifest.to_string())?;
    tar.into_inner()?.flush()
}

/// The digest of a file, e.g. `sha256:…`.
pub fn digest(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(format!("sha256:{}", hex(&hash.finalize()))),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn append(
    tar: &mut tar::Builder<impl Write>,
    name: &str,
    len: u64,
    bytes: impl Read,
) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(len);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, bytes)
}

fn append_text(tar: &mut tar::Builder<impl Write>, name: &str, text: &str) -> std::io::Result<()> {
    append(tar, name, text.len() as u64, text.as_bytes())
}
