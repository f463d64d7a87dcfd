//! The token for a host of HCP Terraform, from where Terraform and OpenTofu look for it.
//!
//! Decided here: the order of the sources. A file that cannot be read is skipped: if no other source
//! has a token, the error lists what to do.

use std::path::{Path, PathBuf};

use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;
use pipeline_io::Secret;
use serde_json::Value;

/// Returns the token for this host: from TF_TOKEN_HOST, the CLI configuration, or the file that
/// `terraform login` writes.
pub fn find(host: &str, env: &impl Fn(&str) -> Option<String>) -> Option<Secret> {
    if let Some(token) = env(&variable(host)) {
        return Some(Secret::new(token.trim()));
    }
    files(env).iter().find_map(|file| read(file, host))
}

/// Returns the variable for the token of a host, in which dots become `_` and hyphens `__`.
pub fn variable(host: &str) -> String {
    format!("TF_TOKEN_{}", host.replace('.', "_").replace('-', "__"))
}

/// Returns the files that may contain a token, the most important first.
fn files(env: &impl Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let home = env("HOME").map(PathBuf::from);
    let directory = home.as_ref().map(|home| home.join(".terraform.d"));
    let mut files = Vec::new();
    let explicit = env("TF_CLI_CONFIG_FILE").or_else(|| env("TERRAFORM_CONFIG"));
    match (explicit, &home) {
        // An explicit file replaces the default files and the directory.
        (Some(file), _) => files.push(PathBuf::from(file)),
        (None, Some(home)) => {
            files.extend([".terraformrc", ".tofurc"].map(|name| home.join(name)));
            let entries = directory.iter().flat_map(std::fs::read_dir).flatten();
            let mut of_directory: Vec<PathBuf> = entries
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .filter(|path| {
                    let name = path.to_string_lossy();
                    name.ends_with(".tfrc") || name.ends_with(".tfrc.json")
                })
                .collect();
            of_directory.sort();
            files.extend(of_directory);
        }
        (None, None) => {}
    }
    files.extend(directory.map(|directory| directory.join("credentials.tfrc.json")));
    files
}

fn read(file: &Path, host: &str) -> Option<Secret> {
    let text = std::fs::read_to_string(file).ok()?;
    let token = if text.trim_start().starts_with('{') {
        from_json(&text, host)?
    } else {
        from_hcl(&hcl_edit::parser::parse_body(&text).ok()?, host)?
    };
    Some(Secret::new(token))
}

fn from_json(text: &str, host: &str) -> Option<String> {
    let file: Value = serde_json::from_str(text).ok()?;
    let hosts = file["credentials"].as_object()?;
    let (_, found) = hosts
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(host))?;
    found["token"].as_str().map(str::to_owned)
}

/// Finds `credentials "HOST" { token = "…" }`.
fn from_hcl(body: &Body, host: &str) -> Option<String> {
    let block = body.get_blocks("credentials").find(|block| {
        let label = block.labels.first();
        label.is_some_and(|label| label.as_str().eq_ignore_ascii_case(host))
    })?;
    match &block.body.get_attribute("token")?.value {
        Expression::String(token) => Some(token.value().clone()),
        _ => None,
    }
}
