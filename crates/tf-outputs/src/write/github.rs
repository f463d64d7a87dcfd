//! GitHub's limit on the outputs of a job. The file's form (a heredoc with a random end) is written
//! where all verbs' outputs are, in pipeline-io.

use super::WriteError;

/// What GitHub takes of a job's outputs, counted in UTF-16.
pub const JOB_BYTES: usize = 1024 * 1024;

/// Refuses outputs that GitHub would drop.
pub fn check_size(outputs: &[(String, String)]) -> Result<(), WriteError> {
    let units = |text: &str| text.encode_utf16().count() * 2;
    let bytes = outputs
        .iter()
        .map(|(name, value)| units(name) + units(value))
        .sum();
    if bytes > JOB_BYTES {
        return Err(WriteError::GitHubBytes {
            bytes,
            limit: JOB_BYTES,
        });
    }
    Ok(())
}
