//! Reads the result files of the steps, and records which of them cannot be read.
//!
//! Decided here: which files are results of this run. What they mean is decided in `report`.

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
    /// The results that another run left behind. They are not part of `steps`.
    pub of_other_runs: Vec<OtherRunResult>,
}

/// A result file that another run wrote, e.g. an earlier build in the same workspace.
#[derive(Debug, PartialEq, Eq)]
pub struct OtherRunResult {
    pub file: PathBuf,
    /// The run that wrote it.
    pub run_id: String,
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

/// Reads the results of the run `run_id` in the directories. A file counts as another run's only if
/// both runs are known: a container may have none of the CI host's variables. If a directory contains no results, but has subdirectories with results, these
/// are read, e.g. `results/api` and `results/worker` in `results`.
///
/// # Errors
/// A directory exists, but cannot be listed. A missing directory is not an error: it has no results.
pub fn read(
    directories: &[PathBuf],
    run_id: Option<&str>,
) -> Result<Vec<StepResults>, (PathBuf, std::io::Error)> {
    let mut all = Vec::new();
    for directory in directories {
        let mut own = read_folder(directory, run_id);
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
        let (below, empty): (Vec<StepResults>, Vec<StepResults>) = below
            .iter()
            .map(|path| read_folder(path, run_id))
            .partition(|step_results| !step_results.steps.is_empty());
        let left_behind = empty.into_iter().flat_map(|folder| folder.of_other_runs);
        own.of_other_runs.extend(left_behind);
        let mut found = below.into_iter();
        match found.next() {
            Some(mut first) => {
                first.of_other_runs.splice(0..0, own.of_other_runs);
                all.push(first);
            }
            None => all.push(own),
        }
        all.extend(found);
    }
    Ok(all)
}

fn read_folder(directory: &Path, run_id: Option<&str>) -> StepResults {
    let mut steps = Vec::new();
    let mut of_other_runs = Vec::new();
    for verb in STEPS {
        let file = directory.join(format!("{verb}.json"));
        match read_step(&file, verb) {
            Some(StepRecord::Done(result)) if is_of_other_run(&result, run_id) => {
                let run_id = result.run_id.unwrap_or_default();
                of_other_runs.push(OtherRunResult { file, run_id });
            }
            step => steps.extend(step),
        }
    }
    StepResults {
        directory: directory
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        steps,
        of_other_runs,
    }
}

fn is_of_other_run(result: &StepResult, run_id: Option<&str>) -> bool {
    matches!((&result.run_id, run_id), (Some(theirs), Some(ours)) if theirs != ours)
}

fn read_step(path: &Path, verb: &str) -> Option<StepRecord> {
    if !path.exists() {
        return None;
    }
    let unreadable = |problem: String| StepRecord::Unreadable {
        verb: verb.to_owned(),
        problem,
    };
    let text = match pipeline_io::read_text("result", path, SIZE_LIMIT) {
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
