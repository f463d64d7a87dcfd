//! Reads the result files of the steps, and records which of them cannot be read.
//!
//! Decided here: which files are results. What they mean is decided in `report`.

use std::path::{Path, PathBuf};

use pipeline_io::{FileError, StepResult};

/// The steps of a deployment in their order. Other result files in the directory are ignored.
pub const STEPS: [&str; 5] = [
    "tf-outputs",
    "ecr-push",
    "render-taskdef",
    "ecs-deploy",
    "wait-healthy",
];

/// The supported schema version of result files.
const SCHEMA_VERSION: u32 = 1;

/// Maximum size of a result file, in bytes.
const SIZE_LIMIT: u64 = 4 * 1024 * 1024;

/// The results in the directory of one deployment.
#[derive(Debug)]
pub struct StepResults {
    /// The name of the directory, which is the name of the service if there are several directories.
    pub directory: String,
    /// In the order of [`STEPS`].
    pub steps: Vec<StepRecord>,
}

/// The result of one step.
#[derive(Debug)]
pub enum StepRecord {
    Done(Box<StepResult>),
    /// The file exists, but is not a valid result.
    Unreadable {
        verb: String,
        problem: String,
    },
}

impl StepRecord {
    /// The name of the program.
    pub fn verb(&self) -> &str {
        match self {
            StepRecord::Done(result) => &result.verb,
            StepRecord::Unreadable { verb, .. } => verb,
        }
    }
}

/// Reads the directories. If a directory contains no results, but has subdirectories with results, these
/// are read, e.g. `results/api` and `results/worker` in `results`.
///
/// # Errors
/// A directory exists, but cannot be listed. A missing directory is not an error: it has no results.
pub fn read(directories: &[PathBuf]) -> Result<Vec<StepResults>, (PathBuf, std::io::Error)> {
    let mut all = Vec::new();
    for directory in directories {
        let own = read_folder(directory);
        if !own.steps.is_empty() {
            all.push(own);
            continue;
        }
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                all.push(own);
                continue;
            }
            Err(error) => return Err((directory.clone(), error)),
        };
        let mut below: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.is_dir())
            .collect();
        below.sort();
        let below: Vec<StepResults> = below
            .iter()
            .map(|path| read_folder(path))
            .filter(|step_results| !step_results.steps.is_empty())
            .collect();
        if below.is_empty() {
            all.push(own);
        }
        all.extend(below);
    }
    Ok(all)
}

fn read_folder(directory: &Path) -> StepResults {
    let steps = STEPS.iter().filter_map(|verb| read_step(directory, verb));
    StepResults {
        directory: directory
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        steps: steps.collect(),
    }
}

fn read_step(directory: &Path, verb: &str) -> Option<StepRecord> {
    let path = directory.join(format!("{verb}.json"));
    if !path.exists() {
        return None;
    }
    let unreadable = |problem: String| StepRecord::Unreadable {
        verb: verb.to_owned(),
        problem,
    };
    let text = match pipeline_io::read_text("result", &path, SIZE_LIMIT) {
        Ok(text) => text,
        Err(FileError::Empty { .. }) => return Some(unreadable("the file is empty".to_owned())),
        Err(error) => return Some(unreadable(error.to_string())),
    };
    Some(match serde_json::from_str::<StepResult>(&text) {
        Ok(result) if result.schema_version != SCHEMA_VERSION => unreadable(format!(
            "schema version {} is not supported, only {SCHEMA_VERSION}: use programs of the same release",
            result.schema_version
        )),
        Ok(result) if result.verb != *verb => {
            unreadable(format!("it is the result of {}", result.verb))
        }
        Ok(result) => StepRecord::Done(Box::new(result)),
        Err(error) => unreadable(format!(
            "it is not a result (line {}, column {})",
            error.line(),
            error.column()
        )),
    })
}
