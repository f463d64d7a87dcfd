//! Jenkins. The pipeline binds a token to one of our variables or files, so this file does not look for
//! one. Jenkins itself masks the values of bindings.

use super::host::{CiHost, Env, Job};

#[derive(Debug)]
pub(super) struct Jenkins;

impl CiHost for Jenkins {
    fn name(&self) -> &'static str {
        "Jenkins"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("JENKINS_URL").is_some()
    }

    fn job(&self, env: Env<'_>) -> Job {
        Job {
            // It contains the job's name: the build number alone is unique only within a job.
            run_id: env("BUILD_TAG"),
            run_url: env("BUILD_URL"),
            // The Git plugin sets it. No variable has the repository's name, only its URL.
            commit: env("GIT_COMMIT"),
            // In a multibranch pipeline, the pull request's number.
            change_request: env("CHANGE_ID").and_then(|number| number.parse().ok()),
            ..Job::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Jenkins;
    use crate::ci::host::{CiHost, Job};

    #[test]
    fn the_job_is_read_from_the_variables() {
        let env = |name: &str| {
            let value = match name {
                "BUILD_TAG" => "jenkins-web-main-12",
                "BUILD_URL" => "https://jenkins.example/job/web/job/main/12/",
                "GIT_COMMIT" => "3f2c1d0",
                "CHANGE_ID" => "17",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let expected = Job {
            run_id: Some("jenkins-web-main-12".to_owned()),
            run_url: Some("https://jenkins.example/job/web/job/main/12/".to_owned()),
            commit: Some("3f2c1d0".to_owned()),
            change_request: Some(17),
            ..Job::default()
        };
        assert_eq!(Jenkins.job(&env), expected);
    }
}
