//! AWS CodeBuild. The build has a role of its own, so it needs no OIDC token, and its logs cannot contain
//! commands. It can also run the jobs of GitHub, GitLab and Buildkite, which are recognized first.
//!
//! Variables: <https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html>.

use super::host::{CiHost, Env, Job};

#[derive(Debug)]
pub(super) struct CodeBuild;

impl CiHost for CodeBuild {
    fn name(&self) -> &'static str {
        "CodeBuild"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("CODEBUILD_BUILD_ID").is_some()
    }

    fn job(&self, env: Env<'_>) -> Job {
        // The version of a source in S3 is not a commit.
        let is_commit = |version: &String| version.chars().all(|c| c.is_ascii_hexdigit());
        // E.g. `pr/17`, `branch/main` or `tag/v1`.
        let trigger = env("CODEBUILD_WEBHOOK_TRIGGER");
        let pull_request = trigger.as_deref().and_then(|text| text.strip_prefix("pr/"));
        Job {
            // The project and a UUID. A retried build has a new one.
            run_id: env("CODEBUILD_BUILD_ID"),
            run_url: env("CODEBUILD_BUILD_URL"),
            commit: env("CODEBUILD_RESOLVED_SOURCE_VERSION").filter(is_commit),
            change_request: pull_request.and_then(|number| number.parse().ok()),
            ..Job::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Job;
    use crate::ci::recorded::ci;

    #[test]
    fn the_job_is_read_from_the_variables() {
        let found = ci("CI=true
            CODEBUILD_BUILD_ID=web:b1e6661e-e4f2-4156-9ab9-82a190000001
            CODEBUILD_BUILD_URL=https://eu-central-1.console.aws.amazon.com/codebuild/home
            CODEBUILD_RESOLVED_SOURCE_VERSION=3f2c1d0
            CODEBUILD_WEBHOOK_TRIGGER=pr/17");
        assert_eq!(found.host().name(), "CodeBuild");
        let expected = Job {
            run_id: Some("web:b1e6661e-e4f2-4156-9ab9-82a190000001".to_owned()),
            run_url: Some("https://eu-central-1.console.aws.amazon.com/codebuild/home".to_owned()),
            commit: Some("3f2c1d0".to_owned()),
            change_request: Some(17),
            ..Job::default()
        };
        assert_eq!(found.job(), &expected);
        let other = ci("CODEBUILD_BUILD_ID=web:1
            CODEBUILD_RESOLVED_SOURCE_VERSION=sY_0.w1X
            CODEBUILD_WEBHOOK_TRIGGER=branch/main");
        assert_eq!(other.job().commit, None);
        assert_eq!(other.job().change_request, None);
    }

    #[test]
    fn a_job_of_another_host_in_codebuild_belongs_to_that_host() {
        let found = ci("GITHUB_ACTIONS=true
            GITHUB_RUN_ID=42
            CODEBUILD_BUILD_ID=web:1");
        assert_eq!(found.host().name(), "GitHub");
        assert_eq!(found.job().run_id.as_deref(), Some("42"));
    }
}
