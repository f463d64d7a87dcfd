//! GitHub Actions, and what is compatible with it: Gitea, Forgejo, act.

use std::path::PathBuf;

use super::host::{Annotation, CiHost, Env, ForgeApi, Handover, Job, LogGroup, OidcToken};
use crate::Secret;

/// GitHub documents the limit of a comment without a unit. UTF-16 units are the strictest reading.
pub static GITHUB_API: ForgeApi = ForgeApi {
    repository_variable: "GITHUB_REPOSITORY",
    url_variable: "GITHUB_API_URL",
    default_url: "https://api.github.com",
    token_variables: &["FARGATE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"],
    comment_limit: 65_536,
};

/// GitHub drops the whole summary if it has more than 1 MiB. A character has at most 4 bytes.
const SUMMARY_CHARACTERS: usize = 1024 * 1024 / 4;

/// The limit for all outputs of a job.
const OUTPUT_BYTES: usize = 1024 * 1024;

#[derive(Debug)]
pub(super) struct GitHub;

impl CiHost for GitHub {
    fn name(&self) -> &'static str {
        "GitHub"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("GITHUB_ACTIONS").as_deref() == Some("true")
    }

    fn job(&self, env: Env<'_>) -> Job {
        let repository = env("GITHUB_REPOSITORY");
        let run_id = env("GITHUB_RUN_ID");
        let run_url = match (env("GITHUB_SERVER_URL"), &repository, &run_id) {
            (Some(server), Some(repository), Some(run)) => {
                Some(format!("{server}/{repository}/actions/runs/{run}"))
            }
            _ => None,
        };
        let endpoint = || {
            Some(OidcToken::Endpoint {
                url: env("ACTIONS_ID_TOKEN_REQUEST_URL")?,
                request_token: Secret::new(env("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?),
            })
        };
        Job {
            run_id,
            run_url,
            repository,
            commit: env("GITHUB_SHA"),
            change_request: env("GITHUB_REF").and_then(|reference| pull_request(&reference)),
            oidc_token: endpoint(),
            job_token: None,
            wants_debug: env("RUNNER_DEBUG").as_deref() == Some("1"),
        }
    }

    fn token_hint(&self) -> Option<&'static str> {
        Some(
            "add `permissions: id-token: write` to the job (a pull request from a fork never gets a \
             token), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    }

    fn forge_api(&self) -> Option<&'static ForgeApi> {
        Some(&GITHUB_API)
    }

    fn summary_limit(&self) -> Option<usize> {
        Some(SUMMARY_CHARACTERS)
    }

    fn outputs_limit(&self) -> Option<usize> {
        Some(OUTPUT_BYTES)
    }

    fn sets_environment(&self) -> bool {
        true
    }

    fn group_start(&self, group: &LogGroup) -> Option<String> {
        Some(format!("::group::{}", group.title))
    }

    fn group_end(&self, _: &LogGroup) -> Option<String> {
        Some("::endgroup::".to_owned())
    }

    fn mask(&self, line: &str) -> Option<String> {
        Some(format!("::add-mask::{}", escape_data(line)))
    }

    fn annotation(&self, annotation: &Annotation<'_>) -> Option<String> {
        let name = annotation.severity.as_str();
        let mut command = format!("::{name} title={}", escape_property(annotation.title));
        if let Some(location) = annotation.location {
            command.push_str(&format!(
                ",file={},line={},col={}",
                escape_property(&location.file),
                location.line,
                location.column
            ));
        }
        command.push_str("::");
        command.push_str(&escape_data(annotation.message));
        Some(command)
    }

    /// The runner sets a variable with a file for each.
    fn handover(&self, handover: &Handover, env: Env<'_>) -> Vec<(PathBuf, String)> {
        let pairs = |pairs: &[(String, String)]| pairs.iter().map(|(n, v)| heredoc(n, v)).collect();
        let texts: [(&str, String); 3] = [
            ("GITHUB_OUTPUT", pairs(&handover.outputs)),
            ("GITHUB_ENV", pairs(&handover.environment)),
            ("GITHUB_STEP_SUMMARY", handover.summary.clone()),
        ];
        texts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .filter_map(|(variable, text)| Some((env(variable)?.into(), text)))
            .collect()
    }
}

/// The number in `refs/pull/17/merge`.
fn pull_request(reference: &str) -> Option<u64> {
    let (number, _) = reference.strip_prefix("refs/pull/")?.split_once('/')?;
    number.parse().ok()
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// GitHub's syntax for any value: a heredoc. Its delimiter is random, so that no value can contain it.
fn heredoc(name: &str, value: &str) -> String {
    let mut random = [0u8; 16];
    let mut end = String::from("end-of-value");
    while end == "end-of-value" || value.contains(&end) {
        if getrandom::fill(&mut random).is_err() {
            random.iter_mut().for_each(|b| *b = b.wrapping_add(1));
        }
        end = random
            .iter()
            .fold(String::from("end-"), |s, b| format!("{s}{b:02x}"));
    }
    format!("{name}<<{end}\n{value}\n{end}\n")
}

#[cfg(test)]
mod tests {
    use super::{GitHub, heredoc};
    use crate::ci::host::{Annotation, CiHost, OidcToken};
    use crate::{Secret, Severity, SourceLocation};

    #[test]
    fn the_job_is_read_from_the_variables() {
        let env = |name: &str| {
            let value = match name {
                "GITHUB_SERVER_URL" => "https://github.com",
                "GITHUB_REPOSITORY" => "acme/web",
                "GITHUB_RUN_ID" => "42",
                "GITHUB_RUN_ATTEMPT" => "2",
                "GITHUB_SHA" => "3f2c1d0",
                "GITHUB_REF" => "refs/pull/17/merge",
                "ACTIONS_ID_TOKEN_REQUEST_URL" => "https://token.example",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN" => "ask",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let job = GitHub.job(&env);
        assert_eq!(job.run_id.as_deref(), Some("42"));
        let url = "https://github.com/acme/web/actions/runs/42";
        assert_eq!(job.run_url.as_deref(), Some(url));
        assert_eq!(job.repository.as_deref(), Some("acme/web"));
        assert_eq!(job.commit.as_deref(), Some("3f2c1d0"));
        assert_eq!(job.change_request, Some(17));
        let endpoint = OidcToken::Endpoint {
            url: "https://token.example".to_owned(),
            request_token: Secret::new("ask"),
        };
        assert_eq!(job.oidc_token, Some(endpoint));
        let branch = |name: &str| (name == "GITHUB_REF").then(|| "refs/heads/pull/3".to_owned());
        assert_eq!(GitHub.job(&branch).change_request, None);
        assert!(!job.wants_debug);
        let rerun = |name: &str| (name == "RUNNER_DEBUG").then(|| "1".to_owned());
        assert!(GitHub.job(&rerun).wants_debug);
    }

    #[test]
    fn a_message_cannot_end_its_annotation() {
        let location = SourceLocation {
            file: "a,b:c.json".into(),
            line: 3,
            column: 7,
        };
        let annotation = Annotation {
            severity: Severity::Error,
            title: "x",
            location: Some(&location),
            message: "50%\n::warning::y",
        };
        assert_eq!(
            GitHub.annotation(&annotation).as_deref(),
            Some("::error title=x,file=a%2Cb%3Ac.json,line=3,col=7::50%25%0A::warning::y")
        );
    }

    #[test]
    fn an_output_cannot_end_its_own_heredoc() {
        let hostile = "x\nend-of-value\nother=1";
        let written = heredoc("name", hostile);
        let end = written
            .lines()
            .next()
            .and_then(|l| l.strip_prefix("name<<"))
            .expect("a heredoc");
        assert_eq!(end.len(), "end-".len() + 32);
        assert_eq!(written, format!("name<<{end}\n{hostile}\n{end}\n"));
        assert_ne!(
            heredoc("name", hostile),
            written,
            "each heredoc has its own delimiter"
        );
    }
}
