//! Where a configuration keeps its state: the `backend` or `cloud` block of a folder of .tf files,
//! completed by what `terraform init -backend-config` would be given, so that nobody writes the
//! place twice.

mod block;
mod hcl;
mod json;
mod place;

use std::path::{Path, PathBuf};

use pipeline_io::{Exit, Failure, Place, Secret};

use crate::source;

pub use block::{Block, Setting};

/// What a configuration says about its state.
#[derive(Debug)]
pub struct Found {
    pub place: source::Place,
    pub region: Option<String>,
    /// A role that the backend assumes.
    pub role: Option<String>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub token: Option<Secret>,
}

impl Found {
    fn at(place: source::Place) -> Self {
        Found {
            place,
            region: None,
            role: None,
            username: None,
            password: None,
            token: None,
        }
    }
}

/// Why the backend's block gives no place.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    #[error("the folder {} does not exist", .path.display())]
    NoFolder { path: PathBuf },
    #[error("the folder {} holds no .tf files", .path.display())]
    NoFiles { path: PathBuf },
    #[error("cannot read {}", .path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{problem}")]
    Syntax { place: Place, problem: String },
    #[error("a second {second} block, and the first stands at {first}")]
    Two {
        place: Place,
        first: Place,
        second: String,
    },
    #[error("`{name}` is no literal value, and Terraform takes nothing else in a backend block")]
    NotLiteral { place: Place, name: String },
    #[error("the {kind} backend has no `{name}`")]
    Missing {
        place: Option<Place>,
        kind: String,
        name: &'static str,
    },
    #[error("`{name}` of the {kind} backend is not {wanted}")]
    Kind {
        place: Option<Place>,
        kind: String,
        name: String,
        wanted: &'static str,
    },
    #[error("`{name}` of the {kind} backend is not supported here")]
    Unsupported {
        place: Option<Place>,
        kind: String,
        name: &'static str,
        hint: &'static str,
    },
    #[error("states in the {kind} backend are not read")]
    Backend { place: Option<Place>, kind: String },
    #[error(
        "--backend-config {name}=… puts a secret on the command line, which others on the machine can read"
    )]
    SecretInArguments { name: String },
}

impl Failure for BackendError {
    fn exit(&self) -> Exit {
        match self {
            BackendError::NoFolder { .. } | BackendError::NoFiles { .. } => Exit::NotFound,
            BackendError::Read { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Exit::NotFound,
                std::io::ErrorKind::PermissionDenied => Exit::Denied,
                _ => Exit::Invalid,
            },
            _ => Exit::Invalid,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            BackendError::NoFolder { .. } | BackendError::NoFiles { .. } => {
                "--from-backend takes the folder of the root module, as Infra".to_owned()
            }
            BackendError::Missing { name, .. } => {
                format!("give it with --backend-config {name}=VALUE or --backend-config FILE, as `terraform init` was given it")
            }
            BackendError::Backend { .. } => {
                "use `terraform output -json | tf-outputs --state -` in the folder, after `terraform init`".to_owned()
            }
            BackendError::NotLiteral { .. } => {
                "write the value itself, or leave it out and give it with --backend-config".to_owned()
            }
            BackendError::SecretInArguments { name } => {
                format!("write `{name} = …` into a file and give --backend-config FILE, or use the backend's variable")
            }
            BackendError::Unsupported { hint, .. } => (*hint).to_owned(),
            BackendError::Read { .. }
            | BackendError::Syntax { .. }
            | BackendError::Two { .. }
            | BackendError::Kind { .. } => return None,
        })
    }

    fn place(&self) -> Option<Place> {
        match self {
            BackendError::Syntax { place, .. }
            | BackendError::Two { place, .. }
            | BackendError::NotLiteral { place, .. } => Some(place.clone()),
            BackendError::Missing { place, .. }
            | BackendError::Kind { place, .. }
            | BackendError::Unsupported { place, .. }
            | BackendError::Backend { place, .. } => place.clone(),
            _ => None,
        }
    }
}

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
        let blocks = match is_json {
            true => json::blocks(&path, &text)?,
            false => hcl::blocks(&path, &text)?,
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

fn start(path: &Path) -> Place {
    Place {
        file: path.display().to_string(),
        line: 1,
        column: 1,
    }
}
