//! GitLab CI/CD. The job chooses the names of its ID tokens, so this file does not look for one.
//! Only the project's settings mask values in a log: no command can add a mask.

use super::host::{CiHost, Env, ForgeApi, Job, JobToken, LogGroup};
use crate::Secret;

/// CI_JOB_TOKEN is not among the variables because it may not write notes.
pub static GITLAB_API: ForgeApi = ForgeApi {
    repository_variable: "CI_PROJECT_PATH",
    url_variable: "CI_API_V4_URL",
    default_url: "https://gitlab.com/api/v4",
    token_variables: &["FARGATE_TOKEN", "GITLAB_TOKEN"],
    comment_limit: 1_000_000,
};

#[derive(Debug)]
pub(super) struct GitLab;

impl CiHost for GitLab {
    fn name(&self) -> &'static str {
        "GitLab"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("GITLAB_CI").is_some()
    }

    fn job(&self, env: Env<'_>) -> Job {
        let own_api = || {
            Some(JobToken {
                api: env("CI_API_V4_URL")?,
                username: "gitlab-ci-token",
                token: Secret::new(env("CI_JOB_TOKEN")?),
            })
        };
        Job {
            // A retried job has a new CI_JOB_ID, but the same pipeline ID.
            run_id: env("CI_PIPELINE_ID"),
            run_url: env("CI_JOB_URL"),
            repository: env("CI_PROJECT_PATH"),
            commit: env("CI_COMMIT_SHA"),
            change_request: env("CI_MERGE_REQUEST_IID").and_then(|number| number.parse().ok()),
            oidc_token: None,
            job_token: own_api(),
            wants_debug: false,
        }
    }

    fn forge_api(&self) -> Option<&'static ForgeApi> {
        Some(&GITLAB_API)
    }

    /// Collapsed at first, like GitHub's groups.
    fn group_start(&self, group: &LogGroup) -> Option<String> {
        let LogGroup { name, title, at } = group;
        Some(format!(
            "\u{1b}[0Ksection_start:{at}:{name}[collapsed=true]\r\u{1b}[0K{title}"
        ))
    }

    fn group_end(&self, group: &LogGroup) -> Option<String> {
        let LogGroup { name, at, .. } = group;
        Some(format!("\u{1b}[0Ksection_end:{at}:{name}\r\u{1b}[0K"))
    }
}

#[cfg(test)]
mod tests {
    use super::GitLab;
    use crate::Secret;
    use crate::ci::host::{CiHost, Job, JobToken, LogGroup};

    #[test]
    fn the_job_is_read_from_the_variables() {
        let env = |name: &str| {
            let value = match name {
                "CI_PIPELINE_ID" => "4711",
                "CI_JOB_ID" => "99",
                "CI_JOB_URL" => "https://gitlab.example/acme/web/-/jobs/99",
                "CI_PROJECT_PATH" => "acme/platform/web",
                "CI_COMMIT_SHA" => "3f2c1d0",
                "CI_MERGE_REQUEST_IID" => "7",
                "CI_API_V4_URL" => "https://gitlab.example/api/v4",
                "CI_JOB_TOKEN" => "job",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let expected = Job {
            run_id: Some("4711".to_owned()),
            run_url: Some("https://gitlab.example/acme/web/-/jobs/99".to_owned()),
            repository: Some("acme/platform/web".to_owned()),
            commit: Some("3f2c1d0".to_owned()),
            change_request: Some(7),
            oidc_token: None,
            job_token: Some(JobToken {
                api: "https://gitlab.example/api/v4".to_owned(),
                username: "gitlab-ci-token",
                token: Secret::new("job"),
            }),
            wants_debug: false,
        };
        assert_eq!(GitLab.job(&env), expected);
    }

    #[test]
    fn a_group_is_a_section() {
        let group = LogGroup {
            name: "ecs-deploy_1_1".to_owned(),
            title: "migrate".to_owned(),
            at: 1_560_896_352,
        };
        let start =
            "\u{1b}[0Ksection_start:1560896352:ecs-deploy_1_1[collapsed=true]\r\u{1b}[0Kmigrate";
        assert_eq!(GitLab.group_start(&group).as_deref(), Some(start));
        let end = "\u{1b}[0Ksection_end:1560896352:ecs-deploy_1_1\r\u{1b}[0K";
        assert_eq!(GitLab.group_end(&group).as_deref(), Some(end));
    }
}
