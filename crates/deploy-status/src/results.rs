//! The results that the steps left: which there are, and which cannot be read.

use std::path::{Path, PathBuf};

use pipeline_io::{FileError, StepResult};

/// The steps of a deployment, in their order. Others' results in the folder are not ours to tell.
pub const STEPS: [&str; 5] = [
    "tf-outputs",
    "ecr-push",
    "render-taskdef",
    "ecs-deploy",
    "wait-healthy",
];

/// The version of the envelope that is understood.
const SCHEMA_VERSION: u32 = 1;

/// The largest result that is read, in bytes: a result is a page, not a log.
const LIMIT: u64 = 4 * 1024 * 1024;

/// What one deployment's folder holds.
#[derive(Debug)]
pub struct Left {
    /// The folder's name, where several folders tell of several services.
    pub folder: String,
    /// In the order of [`STEPS`].
    pub steps: Vec<Step>,
}

/// One step's result.
#[derive(Debug)]
pub enum Step {
    Done(Box<StepResult>),
    /// The file is there and cannot be understood.
    Unreadable {
        verb: String,
        problem: String,
    },
}

impl Step {
    /// The program's name.
    pub fn verb(&self) -> &str {
        match self {
            Step::Done(result) => &result.verb,
            Step::Unreadable { verb, .. } => verb,
        }
    }
}

/// Reads the folders. One that holds no results itself, and folders with results, stands for those:
/// `results/api` and `results/worker` below `results`.
///
/// # Errors
/// Only a folder that is there and cannot be listed; what is not there is told as such.
pub fn read(folders: &[PathBuf]) -> Result<Vec<Left>, (PathBuf, std::io::Error)> {
    let mut all = Vec::new();
    for folder in folders {
        let own = read_folder(folder);
        if !own.steps.is_empty() {
            all.push(own);
            continue;
        }
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                all.push(own);
                continue;
            }
            Err(error) => return Err((folder.clone(), error)),
        };
        let mut below: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.is_dir())
            .collect();
        below.sort();
        let below: Vec<Left> = below
            .iter()
            .map(|path| read_folder(path))
            .filter(|left| !left.steps.is_empty())
            .collect();
        if below.is_empty() {
            all.push(own);
        }
        all.extend(below);
    }
    Ok(all)
}

fn read_folder(folder: &Path) -> Left {
    let steps = STEPS.iter().filter_map(|verb| read_step(folder, verb));
    Left {
        folder: folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        steps: steps.collect(),
    }
}

fn read_step(folder: &Path, verb: &str) -> Option<Step> {
    let path = folder.join(format!("{verb}.json"));
    if !path.exists() {
        return None;
    }
    let unreadable = |problem: String| Step::Unreadable {
        verb: verb.to_owned(),
        problem,
    };
    let text = match pipeline_io::read_text("result", &path, LIMIT) {
        Ok(text) => text,
        Err(FileError::Empty { .. }) => return Some(unreadable("the file is empty".to_owned())),
        Err(error) => return Some(unreadable(error.to_string())),
    };
    Some(match serde_json::from_str::<StepResult>(&text) {
        Ok(result) if result.schema_version != SCHEMA_VERSION => unreadable(format!(
            "the result has schema {}, and {SCHEMA_VERSION} is understood: use programs of one release",
            result.schema_version
        )),
        Ok(result) if result.verb != *verb => {
            unreadable(format!("the result says it is of {}", result.verb))
        }
        Ok(result) => Step::Done(Box::new(result)),
        Err(error) => unreadable(format!(
            "it is no result (line {}, column {})",
            error.line(),
            error.column()
        )),
    })
}
