//! Finds out where a configuration keeps its state.
//!
//! Decided here: which files of a directory are read, which `backend` or `cloud` block counts, and what
//! its values mean, together with `--backend-config` as for `terraform init`. So the location of a
//! state is configured only once. Never here: how the state is read.

mod block;
mod configured;
mod error;
mod hcl;
mod json;
mod location;
mod s3;
mod saved;
mod setting;

use std::path::{Path, PathBuf};

use block::{BackendBlock, start};
pub use configured::ConfiguredState;
pub use configured::Overrides;
pub use error::BackendError;
pub use setting::BackendSetting;

/// Returns where the root module in `directory` keeps its state.
///
/// # Errors
/// The files cannot be read or understood, or the block has no location that this program can read.
pub fn read(
    directory: &Path,
    settings: &[BackendSetting],
    overrides: Overrides,
    env: &impl Fn(&str) -> Option<String>,
) -> Result<ConfiguredState, BackendError> {
    let mut block = find(directory)?;
    saved::complete(&mut block, &data_directory(directory, env));
    for setting in settings {
        setting.apply(&mut block)?;
    }
    location::of(&block, directory, overrides, env)
}

/// Returns the selected workspace: from TF_WORKSPACE, or from the file that `terraform workspace
/// select` writes.
pub fn selected(directory: &Path, env: &impl Fn(&str) -> Option<String>) -> Option<String> {
    env("TF_WORKSPACE").or_else(|| {
        let file = data_directory(directory, env).join("environment");
        let name = std::fs::read_to_string(file).ok()?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    })
}

/// The directory in which `terraform init` keeps its data.
fn data_directory(directory: &Path, env: &impl Fn(&str) -> Option<String>) -> PathBuf {
    let name = env("TF_DATA_DIR").unwrap_or_else(|| ".terraform".to_owned());
    directory.join(name)
}

/// Returns the only block of the directory. Without a block, the state is a local file.
fn find(directory: &Path) -> Result<BackendBlock, BackendError> {
    let mut found: Option<BackendBlock> = None;
    for path in files(directory)? {
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
                // A block in an override file replaces the block of the other files.
                Some(first) if !is_override(&path) => {
                    return Err(BackendError::Duplicate {
                        location: block.location.clone().unwrap_or_else(|| start(&path)),
                        first: first.location.clone().unwrap_or_else(|| start(directory)),
                        second: block.kind,
                    });
                }
                _ => found = Some(block),
            }
        }
    }
    Ok(found.unwrap_or_else(BackendBlock::local))
}

/// Returns the files of the configuration in the order in which Terraform reads them: by name,
/// override files last. Like in OpenTofu, `main.tofu` replaces `main.tf`, and `main.tofu.json` replaces
/// `main.tf.json`.
fn files(directory: &Path) -> Result<Vec<PathBuf>, BackendError> {
    let entries = std::fs::read_dir(directory).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => BackendError::NoDirectory {
            path: directory.to_owned(),
        },
        _ => BackendError::Read {
            path: directory.to_owned(),
            source,
        },
    })?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| is_configuration(path))
        .collect();
    if files.is_empty() {
        return Err(BackendError::NoFiles {
            path: directory.to_owned(),
        });
    }
    let replaced = |path: &PathBuf| {
        let text = path.to_string_lossy();
        let stem = [".tf", ".tf.json"]
            .iter()
            .find_map(|end| Some((text.strip_suffix(end)?, end.replace("tf", "tofu"))));
        stem.map(|(stem, extension)| PathBuf::from(format!("{stem}{extension}")))
    };
    let all = files.clone();
    files.retain(|path| replaced(path).is_none_or(|tofu| !all.contains(&tofu)));
    files.sort_by_key(|path| (is_override(path), path.clone()));
    Ok(files)
}

const FILE_EXTENSIONS: [&str; 4] = [".tf", ".tf.json", ".tofu", ".tofu.json"];

fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_editors = name.starts_with('.') || name.starts_with('#') || name.ends_with('~');
    !is_editors && FILE_EXTENSIONS.iter().any(|end| name.ends_with(end)) && path.is_file()
}

fn is_override(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = FILE_EXTENSIONS
        .iter()
        .find_map(|end| name.strip_suffix(end));
    stem.is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}
