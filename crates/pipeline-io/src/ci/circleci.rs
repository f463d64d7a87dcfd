//! CircleCI. It masks the values of contexts and projects itself, and its logs cannot contain commands.
//!
//! Variables: <https://circleci.com/docs/reference/variables/>. Tokens:
//! <https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/>.

use super::host::{CiHost, Env, Job, OidcToken};

/// The token whose `sub` contains the repository and the branch.
const TOKEN: &str = "CIRCLE_OIDC_TOKEN_V2";

#[derive(Debug)]
pub(super) struct CircleCi;

impl CiHost for CircleCi {
    fn name(&self) -> &'static str {
        "CircleCI"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("CIRCLECI").is_some()
    }

    fn job(&self, env: Env<'_>) -> Job {
        let repository = || {
            let owner = env("CIRCLE_PROJECT_USERNAME")?;
            Some(format!("{owner}/{}", env("CIRCLE_PROJECT_REPONAME")?))
        };
        // The URL of the pull request's page. CIRCLE_PR_NUMBER is set only for forks.
        let pull_request = env("CIRCLE_PULL_REQUEST");
        let number = pull_request
            .as_deref()
            .and_then(|url| url.strip_prefix(url.trim_end_matches(|c: char| c.is_ascii_digit())));
        Job {
            // Running a workflow again changes CIRCLE_WORKFLOW_ID, and keeps the workspace, which may
            // contain result files.
            run_id: env("CIRCLE_WORKFLOW_WORKSPACE_ID").or_else(|| env("CIRCLE_WORKFLOW_ID")),
            run_url: env("CIRCLE_BUILD_URL"),
            repository: repository(),
            commit: env("CIRCLE_SHA1"),
            change_request: number.and_then(|number| number.parse().ok()),
            oidc_token: env(TOKEN).map(|_| OidcToken::Variable(TOKEN)),
            job_token: None,
            wants_debug: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ci::recorded::ci;
    use crate::{Job, OidcToken};

    #[test]
    fn the_job_is_read_from_the_variables() {
        let ci = ci("CI=true
            CIRCLECI=true
            CIRCLE_WORKFLOW_ID=6d6c7a7e-0000-4000-8000-000000000002
            CIRCLE_WORKFLOW_WORKSPACE_ID=6d6c7a7e-0000-4000-8000-000000000001
            CIRCLE_BUILD_URL=https://circleci.com/gh/acme/web/42
            CIRCLE_PROJECT_USERNAME=acme
            CIRCLE_PROJECT_REPONAME=web
            CIRCLE_SHA1=3f2c1d0
            CIRCLE_PULL_REQUEST=https://github.com/acme/web/pull/17
            CIRCLE_OIDC_TOKEN=e30.e30.v1
            CIRCLE_OIDC_TOKEN_V2=e30.e30.v2");
        assert_eq!(ci.host().name(), "CircleCI");
        let expected = Job {
            run_id: Some("6d6c7a7e-0000-4000-8000-000000000001".to_owned()),
            run_url: Some("https://circleci.com/gh/acme/web/42".to_owned()),
            repository: Some("acme/web".to_owned()),
            commit: Some("3f2c1d0".to_owned()),
            change_request: Some(17),
            oidc_token: Some(OidcToken::Variable("CIRCLE_OIDC_TOKEN_V2")),
            job_token: None,
            wants_debug: false,
        };
        assert_eq!(ci.job(), &expected);
    }
}
