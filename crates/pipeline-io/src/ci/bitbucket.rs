//! Bitbucket Pipelines. It masks secured variables itself, and its logs cannot contain commands.

use super::host::{CiHost, Env, Job, OidcToken};

/// The variable with the token. It is set in a step with `oidc: true`.
const TOKEN: &str = "BITBUCKET_STEP_OIDC_TOKEN";

#[derive(Debug)]
pub(super) struct Bitbucket;

impl CiHost for Bitbucket {
    fn name(&self) -> &'static str {
        "Bitbucket"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("BITBUCKET_BUILD_NUMBER").is_some()
    }

    fn job(&self, env: Env<'_>) -> Job {
        // Running a step again increments only BITBUCKET_STEP_RUN_NUMBER.
        let run_id = env("BITBUCKET_BUILD_NUMBER");
        let repository = env("BITBUCKET_REPO_FULL_NAME");
        let run_url = match (&repository, &run_id) {
            (Some(repository), Some(run)) => Some(format!(
                "https://bitbucket.org/{repository}/pipelines/results/{run}"
            )),
            _ => None,
        };
        Job {
            run_id,
            run_url,
            repository,
            commit: env("BITBUCKET_COMMIT"),
            change_request: env("BITBUCKET_PR_ID").and_then(|number| number.parse().ok()),
            oidc_token: env(TOKEN).map(|_| OidcToken::Variable(TOKEN)),
            job_token: None,
            wants_debug: false,
        }
    }

    fn token_hint(&self) -> Option<&'static str> {
        Some("add `oidc: true` to the step, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    }
}

#[cfg(test)]
mod tests {
    use crate::{Ci, Job, OidcToken};

    #[test]
    fn the_job_is_read_from_the_variables() {
        let ci = Ci::detect(|name| {
            let value = match name {
                "CI" => "true",
                "BITBUCKET_BUILD_NUMBER" => "12",
                "BITBUCKET_STEP_RUN_NUMBER" => "2",
                "BITBUCKET_REPO_FULL_NAME" => "acme/web",
                "BITBUCKET_COMMIT" => "3f2c1d0",
                "BITBUCKET_PR_ID" => "7",
                "BITBUCKET_STEP_OIDC_TOKEN" => "e30.e30.x",
                _ => return None,
            };
            Some(value.to_owned())
        });
        assert_eq!(ci.host().name(), "Bitbucket");
        let expected = Job {
            run_id: Some("12".to_owned()),
            run_url: Some("https://bitbucket.org/acme/web/pipelines/results/12".to_owned()),
            repository: Some("acme/web".to_owned()),
            commit: Some("3f2c1d0".to_owned()),
            change_request: Some(7),
            oidc_token: Some(OidcToken::Variable("BITBUCKET_STEP_OIDC_TOKEN")),
            job_token: None,
            wants_debug: false,
        };
        assert_eq!(ci.job(), &expected);
    }

    #[test]
    fn a_step_without_a_token_gets_a_hint() {
        let ci = Ci::detect(|name| (name == "BITBUCKET_BUILD_NUMBER").then(|| "12".to_owned()));
        assert_eq!(ci.job().oidc_token, None);
        let hint = ci.host().token_hint().unwrap_or_default();
        assert!(hint.contains("`oidc: true`"), "{hint}");
    }
}
