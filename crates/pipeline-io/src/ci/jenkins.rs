//! Jenkins. A token comes from a credential that the pipeline binds to a variable or file of ours, so
//! none is looked for here; what a binding holds, Jenkins masks itself.

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
            // The job's name and the build's number; the number alone is each job's own.
            run_id: env("BUILD_TAG"),
            run_url: env("BUILD_URL"),
            // The git plugin sets it; the repository is known by its address alone.
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
    fn a_job_by_its_variables() {
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
