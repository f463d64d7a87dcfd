//! GitHub's limit on the outputs of a job. The file's form (a heredoc with a random end) and the
//! number are where the CI hosts are, in pipeline-io.

use super::error::WriteError;

/// Refuses outputs that GitHub would drop: those of more than `limit` bytes of UTF-16.
pub fn check_size(outputs: &[(String, String)], limit: usize) -> Result<(), WriteError> {
    let units = |text: &str| text.encode_utf16().count() * 2;
    let bytes = outputs
        .iter()
        .map(|(name, value)| units(name) + units(value))
        .sum();
    if bytes > limit {
        return Err(WriteError::GitHubBytes { bytes, limit });
    }
    Ok(())
}
