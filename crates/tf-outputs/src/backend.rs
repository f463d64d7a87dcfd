//! Where a configuration keeps its state: the `backend` or `cloud` block of a folder of .tf files,
//! completed by what `terraform init -backend-config` would be given, so that nobody writes the
//! place twice.

mod block;
mod error;
mod found;
mod hcl;
mod json;
mod place;
mod setting;

use std::path::{Path, PathBuf};

use block::{Block, start};
pub use error::BackendError;
pub use found::Found;
pub use setting::Setting;

/// Reads the place of the state of the root module in `folder`.
pub fn read(
    folder: &Path,
    settings: &[Setting],
    env: &impl Fn(&str) -> Option<String>,
) -> Result<Found, BackendError> {
    let mut block = find(folder)?;
    for setting in settings {
        setting.apply(&mut block)?;
    }
    place::of(&block, folder, env)
}

/// The workspace that is selected in `folder`: TF_WORKSPACE, else what `terraform workspace select`
/// left there.
pub fn selected(folder: &Path, env: &impl Fn(&str) -> Option<String>) -> Option<String> {
    env("TF_WORKSPACE").or_else(|| {
        let data =
            env("TF_DATA_DIR").map_or_else(|| folder.join(".terraform"), |data| folder.join(data));
        let name = std::fs::read_to_string(data.join("environment")).ok()?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    })
}

/// The one block of the folder's files; without one the state is a local file.
fn find(folder: &Path) -> Result<Block, BackendError> {
    let mut found: Option<Block> = None;
    for path in files(folder)? {
        let text = std::fs::read_to_string(&path).map_err(|source| BackendError::Read {
            path: path.clone(),
            source,
        })?;
        let is_json = path
            .extension()
            .is_some_and(|extension| extension == "json");
        let blocks = if is_json {
            json::blocks(&path, &text)?
        } else {
            hcl::blocks(&path, &text)?
        };
        for block in blocks {
            match &found {
                // An override file replaces what the others say.
                Some(first) if !is_override(&path) => {
                    return Err(BackendError::Two {
                        place: block.place.clone().unwrap_or_else(|| start(&path)),
                        first: first.place.clone().unwrap_or_else(|| start(folder)),
                        second: block.kind,
                    });
                }
                _ => found = Some(block),
            }
        }
    }
    Ok(found.unwrap_or_else(Block::local))
}

/// The configuration's files as Terraform reads them: by name, override files last.
fn files(folder: &Path) -> Result<Vec<PathBuf>, BackendError> {
    let entries = std::fs::read_dir(folder).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => BackendError::NoFolder {
            path: folder.to_owned(),
        },
        _ => BackendError::Read {
            path: folder.to_owned(),
            source,
        },
    })?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| is_configuration(path))
        .collect();
    if files.is_empty() {
        return Err(BackendError::NoFiles {
            path: folder.to_owned(),
        });
    }
    files.sort_by_key(|path| (is_override(path), path.clone()));
    Ok(files)
}

const ENDS: [&str; 4] = [".tf", ".tf.json", ".tofu", ".tofu.json"];

fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_editors = name.starts_with('.') || name.starts_with('#') || name.ends_with('~');
    !is_editors && ENDS.iter().any(|end| name.ends_with(end)) && path.is_file()
}

fn is_override(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = ENDS.iter().find_map(|end| name.strip_suffix(end));
    stem.is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}
