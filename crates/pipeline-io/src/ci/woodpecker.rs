//! Woodpecker. It has no OIDC tokens, masks secrets itself, and its logs cannot contain commands.
//!
//! Variables: <https://woodpecker-ci.org/docs/usage/environment>.

use super::host::{CiHost, Env, Job};

#[derive(Debug)]
pub(super) struct Woodpecker;

impl CiHost for Woodpecker {
    fn name(&self) -> &'static str {
        "Woodpecker"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("CI").as_deref() == Some("woodpecker")
    }

    fn job(&self, env: Env<'_>) -> Job {
        Job {
            // Running a pipeline again makes a new number: the host has no other ID for it.
            run_id: env("CI_PIPELINE_NUMBER"),
            run_url: env("CI_PIPELINE_URL"),
            repository: env("CI_REPO"),
            commit: env("CI_COMMIT_SHA"),
            change_request: env("CI_COMMIT_PULL_REQUEST").and_then(|number| number.parse().ok()),
            ..Job::default()
        }
    }

    fn token_hint(&self) -> Option<&'static str> {
        Some(
            "Woodpecker has no OIDC tokens: use the agent's own role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from secrets",
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::Job;
    use crate::ci::recorded::ci;

    #[test]
    fn the_job_is_read_from_the_variables() {
        let found = ci("CI=woodpecker
            CI_PIPELINE_NUMBER=8
            CI_PIPELINE_URL=https://ci.example.com/repos/7/pipeline/8
            CI_REPO=acme/web
            CI_COMMIT_SHA=3f2c1d0
            CI_COMMIT_PULL_REQUEST=17");
        assert_eq!(found.host().name(), "Woodpecker");
        let expected = Job {
            run_id: Some("8".to_owned()),
            run_url: Some("https://ci.example.com/repos/7/pipeline/8".to_owned()),
            repository: Some("acme/web".to_owned()),
            commit: Some("3f2c1d0".to_owned()),
            change_request: Some(17),
            ..Job::default()
        };
        assert_eq!(found.job(), &expected);
    }
}
