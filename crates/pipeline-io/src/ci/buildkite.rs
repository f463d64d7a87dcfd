//! Buildkite. A step requests its token from the agent and passes it in our variable, so this file does
//! not look for one. The agent masks what `buildkite-agent redactor add` gets; no command in a log can.
//!
//! Variables: <https://buildkite.com/docs/pipelines/configure/environment-variables>. Groups:
//! <https://buildkite.com/docs/pipelines/configure/managing-log-output>.

use super::host::{CiHost, Env, Job, LogGroup};

#[derive(Debug)]
pub(super) struct Buildkite;

impl CiHost for Buildkite {
    fn name(&self) -> &'static str {
        "Buildkite"
    }

    fn runs_here(&self, env: Env<'_>) -> bool {
        env("BUILDKITE").is_some()
    }

    fn job(&self, env: Env<'_>) -> Job {
        let run_url = || {
            let build = env("BUILDKITE_BUILD_URL")?;
            Some(match env("BUILDKITE_JOB_ID") {
                Some(job) => format!("{build}#{job}"),
                None => build,
            })
        };
        Job {
            // Retrying a job changes only BUILDKITE_JOB_ID.
            run_id: env("BUILDKITE_BUILD_ID"),
            run_url: run_url(),
            // No variable has the repository's name, only its URL. The commit can be `HEAD`.
            commit: env("BUILDKITE_COMMIT").filter(|commit| commit != "HEAD"),
            // `false` in other builds.
            change_request: env("BUILDKITE_PULL_REQUEST").and_then(|number| number.parse().ok()),
            ..Job::default()
        }
    }

    fn group_start(&self, group: &LogGroup) -> Option<String> {
        Some(format!("--- {}", group.title))
    }

    /// A group ends only if the next one begins. An open group shows what follows.
    fn group_end(&self, group: &LogGroup) -> Option<String> {
        Some(format!("+++ {}: done", group.title))
    }
}

#[cfg(test)]
mod tests {
    use crate::Job;
    use crate::ci::host::{CiHost, LogGroup};
    use crate::ci::recorded::ci;

    #[test]
    fn an_open_group_follows_a_closed_one() {
        let group = LogGroup {
            name: "ecs-deploy_1_1".to_owned(),
            title: "migrate".to_owned(),
            at: 1,
        };
        let start = super::Buildkite.group_start(&group);
        assert_eq!(start.as_deref(), Some("--- migrate"));
        let end = super::Buildkite.group_end(&group);
        assert_eq!(end.as_deref(), Some("+++ migrate: done"));
    }

    #[test]
    fn the_job_is_read_from_the_variables() {
        let table = "CI=true
            BUILDKITE=true
            BUILDKITE_BUILD_ID=0191f0a4-0000-4000-8000-000000000001
            BUILDKITE_BUILD_NUMBER=42
            BUILDKITE_BUILD_URL=https://buildkite.com/acme/web/builds/42
            BUILDKITE_JOB_ID=0191f0a4-0000-4000-8000-000000000002
            BUILDKITE_COMMIT=3f2c1d0
            BUILDKITE_REPO=git@github.com:acme/web.git";
        let found = ci(&format!("{table}\nBUILDKITE_PULL_REQUEST=17"));
        assert_eq!(found.host().name(), "Buildkite");
        let url = "https://buildkite.com/acme/web/builds/42#0191f0a4-0000-4000-8000-000000000002";
        let expected = Job {
            run_id: Some("0191f0a4-0000-4000-8000-000000000001".to_owned()),
            run_url: Some(url.to_owned()),
            commit: Some("3f2c1d0".to_owned()),
            change_request: Some(17),
            ..Job::default()
        };
        assert_eq!(found.job(), &expected);
        let branch = ci("BUILDKITE=true\nBUILDKITE_PULL_REQUEST=false\nBUILDKITE_COMMIT=HEAD");
        assert_eq!(branch.job(), &Job::default());
    }
}
