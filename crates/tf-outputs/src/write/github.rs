//! Checks GitHub's limit for the outputs of a job. The limit itself and the syntax of the output file
//! are decided in pipeline-io.

use super::error::RenderError;

/// Rejects outputs that GitHub would drop, because they have more than `limit` bytes in UTF-16.
///
/// # Errors
/// The outputs are larger than the limit.
pub fn check_size(outputs: &[(String, String)], limit: usize) -> Result<(), RenderError> {
    let units = |text: &str| text.encode_utf16().count() * 2;
    let bytes = outputs
        .iter()
        .map(|(name, value)| units(name) + units(value))
        .sum();
    if bytes > limit {
        return Err(RenderError::GitHubBytes { bytes, limit });
    }
    Ok(())
}
