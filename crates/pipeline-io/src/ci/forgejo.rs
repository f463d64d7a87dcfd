//! Forgejo Actions and Gitea Actions. They set GitHub's variables and read GitHub's commands, but their
//! pages have other URLs, and they have no job summary.
//!
//! Variables and tokens: <https://forgejo.org/docs/latest/user/actions/reference/>,
//! <https://forgejo.org/docs/latest/user/actions/security-openid-connect/> and
//! <https://docs.gitea.com/usage/actions/comparison>.

use std::path::PathBuf;

use super::github::GitHub;
use super::host::{Annotation, CiHost, Env, ForgeApi, Handover, Job, LogGroup};

#[derive(Debug)]
pub(super) struct Forgejo;

#[derive(Debug)]
pub(super) struct Gitea;

/// The facts have GitHub's names. The URL of a run contains its number in the repository.
fn job(is_host: bool, env: Env<'_>) -> Job {
    if !is_host {
        return Job::default();
    }
    let job = GitHub.job(env);
    let run_url = || {
        let (server, number) = (env("GITHUB_SERVER_URL")?, env("GITHUB_RUN_NUMBER")?);
        let repository = job.repository.as_deref()?;
        Some(format!("{server}/{repository}/actions/runs/{number}"))
    };
    Job {
        run_url: run_url(),
        ..job
    }
}

/// What both have in common with GitHub.
macro_rules! commands_of_github {
    () => {
        fn forge_api(&self) -> Option<&'static ForgeApi> {
            GitHub.forge_api()
        }

        fn sets_environment(&self) -> bool {
            GitHub.sets_environment()
        }

        fn group_start(&self, group: &LogGroup) -> Option<String> {
            GitHub.group_start(group)
        }

        fn group_end(&self, group: &LogGroup) -> Option<String> {
            GitHub.group_end(group)
        }

        fn mask(&self, line: &str) -> Option<String> {
            GitHub.mask(line)
        }

        fn annotation(&self, annotation: &Annotation<'_>) -> Option<String> {
            GitHub.annotation(annotation)
        }

        fn handover(&self, handover: &Handover, env: Env<'_>) -> Vec<(PathBuf, String)> {
            GitHub.handover(handover, env)
        }
    };
}

impl CiHost for Forgejo {
    fn name(&self) -> &'static str {
        "Forgejo"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("FORGEJO_ACTIONS").as_deref() == Some("true")
    }

    fn job(&self, env: Env<'_>) -> Job {
        job(self.runs_here(env), env)
    }

    fn token_hint(&self) -> Option<&'static str> {
        Some(
            "add `enable-openid-connect: true` to the workflow (Forgejo 15 or later), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    }

    commands_of_github!();
}

impl CiHost for Gitea {
    fn name(&self) -> &'static str {
        "Gitea"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("GITEA_ACTIONS").as_deref() == Some("true")
    }

    fn job(&self, env: Env<'_>) -> Job {
        job(self.runs_here(env), env)
    }

    commands_of_github!();
}

#[cfg(test)]
mod tests {
    use crate::OidcToken;
    use crate::ci::recorded::ci;

    const TABLE: &str = "CI=true
        GITHUB_ACTIONS=true
        GITHUB_SERVER_URL=https://git.example.com
        GITHUB_REPOSITORY=acme/web
        GITHUB_RUN_ID=3705365
        GITHUB_RUN_NUMBER=42
        GITHUB_SHA=3f2c1d0
        GITHUB_REF=refs/pull/17/head";

    #[test]
    fn the_job_is_read_from_the_variables() {
        for (variable, name) in [("FORGEJO_ACTIONS", "Forgejo"), ("GITEA_ACTIONS", "Gitea")] {
            let found = ci(&format!("{TABLE}\n{variable}=true"));
            assert_eq!(found.host().name(), name);
            let job = found.job();
            assert_eq!(job.run_id.as_deref(), Some("3705365"));
            let url = "https://git.example.com/acme/web/actions/runs/42";
            assert_eq!(job.run_url.as_deref(), Some(url));
            assert_eq!(job.commit.as_deref(), Some("3f2c1d0"));
            assert_eq!(job.change_request, Some(17));
            assert_eq!(found.host().summary_limit(), None);
            assert!(found.host().mask("x").is_some());
        }
        let github = ci(TABLE);
        assert_eq!(github.host().name(), "GitHub");
        let url = "https://git.example.com/acme/web/actions/runs/3705365";
        assert_eq!(github.job().run_url.as_deref(), Some(url));
    }

    #[test]
    fn forgejo_offers_a_token() {
        let url = "https://git.example.com/api/actions/_apis/pipelines/workflows/3705365/idtoken?placeholder=true";
        let found = ci(&format!(
            "{TABLE}
            FORGEJO_ACTIONS=true
            ACTIONS_ID_TOKEN_REQUEST_URL={url}
            ACTIONS_ID_TOKEN_REQUEST_TOKEN=ask"
        ));
        let token = found.job().oidc_token.clone();
        assert!(matches!(token, Some(OidcToken::Endpoint { url: found, .. }) if found == url));
    }
}
