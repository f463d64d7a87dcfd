//! The page docs/causes.md, written from the catalogue.

use std::fmt::Write;

use super::catalogue::CATEGORIES;
use super::known_cause::Pattern;

/// The catalogue as a page of Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Causes that wait-healthy knows\n\n\
         When tasks stop, wait-healthy reads why: the stop code and reason of each task, its \
         containers' exit codes and reasons, their last log lines, what the load balancer says of \
         its targets, and the service's events. Where a text is one of these, the verdict carries \
         the cause's name (`cause.code` in the result, the `cause` output), one sentence, and \
         what to do. A text that is not among them is shown as AWS wrote it.\n\n\
         This page is written from the table in `crates/rollout/src/cause/catalogue`, and a test \
         holds the two together. \"…\" stands for whatever lies between.\n",
    );
    for (category, causes) in CATEGORIES {
        let _ = write!(page, "\n## {category}\n");
        for cause in causes {
            let _ = write!(
                page,
                "\n### `{}`\n\n{} {}\n",
                cause.id,
                cause.summary(),
                cause.remedy
            );
            let shown = |patterns: &[Pattern]| {
                let quoted: Vec<String> = patterns
                    .iter()
                    .map(|p| format!("`{}`", p.join(" … ")))
                    .collect();
                quoted.join(", ")
            };
            if !cause.texts.is_empty() {
                let _ = write!(page, "\nRead from: {}.\n", shown(cause.texts));
            }
            if !cause.log_lines.is_empty() {
                let _ = write!(page, "\nRead from the log: {}.\n", shown(cause.log_lines));
            }
        }
    }
    page
}
